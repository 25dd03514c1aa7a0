"""Each time a car was stale is a row, and stays one when the car is repaired, gone or its owner erased.

A row holds no person. Rows are written by one thing only, `StaleEpisodeQuerySet.follow`, which `VehicleQuerySet` and
`Vehicle.save` call in the transaction that writes what a car's row says of its staleness.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal import news
from onboarding_portal.catalogue.models import Make
from onboarding_portal.vehicles.announcing import of_stale_cars
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.episode_queries import EndedBy, EpisodeQueries
from onboarding_portal.vehicles.vehicle_words import INTEGRATION_LENGTH, Integration, StaleReason

if TYPE_CHECKING:
    from onboarding_portal.vehicles.models import Vehicle


__all__ = ["FOLLOWED", "EndedBy", "StaleEpisode", "StaleEpisodeQuerySet"]

# The columns of a vehicle that an episode follows.
FOLLOWED = frozenset({"stale_since", "stale_reason", "cause"})


class StaleEpisodeQuerySet(EpisodeQueries["StaleEpisode"]):
    # Mutators

    def follow(self, cars: Iterable["Vehicle"], *, now: datetime, ended_by: str = "") -> None:
        """Makes the episodes say what the cars' rows say now. A few queries, however many cars.

        The caller holds the cars' rows locked. `ended_by` is how those ended that are over, where that is known;
        else the row tells.
        """
        known = {car.pk: car for car in cars}
        going_on = {row.vehicle_id: row for row in self.filter(ended_at=None, vehicle__in=list(known))}
        changed: list[StaleEpisode] = []
        over: list[tuple[StaleEpisode, Vehicle]] = []
        begun: list[Vehicle] = []
        told_anew: list[Vehicle] = []
        for car in known.values():
            row = going_on.get(car.pk)
            if row and row.started_at != car.stale_since:
                over.append((row.end(car, now=now, ended_by=ended_by), car))
            elif row and (was := row.says) and row.follow(car, now=now):
                changed.append(row)
                told_anew += [car] if row.says != was else []
            if car.stale_since and (row is None or row.started_at != car.stale_since):
                begun.append(car)
        changed += [row for row, _car in over]
        if begun:
            changed += self._found_again(begun)
        if changed:
            # An upsert of rows that are there: one short statement, where `bulk_update` writes a CASE for each.
            self.bulk_create(
                changed, update_conflicts=True, unique_fields=["id"], update_fields=StaleEpisode.CHANGING
            )
        again = {row.vehicle_id for row in changed if row.ended_at is None}
        if new := [car for car in begun if car.pk not in again]:
            repaired_at = self._repaired_at(new)
            self.bulk_create([StaleEpisode.of(car, repaired_at.get(car.pk)) for car in new])
        if over or told_anew or begun:
            news.tell(lambda: of_stale_cars(ended=over, stale=[*told_anew, *begun], now=now))

    def _found_again(self, begun: Iterable["Vehicle"]) -> list["StaleEpisode"]:
        """What staff cleared, and the next look at ev.energy's same answer found again: it had not ended.

        A car is stale since it was read, which may have been before it was cleared.
        """
        cars = {car.pk: car for car in begun}
        rows = self.filter(vehicle__in=list(cars), ended_at__gt=F("vehicle__stale_since"))
        found = list(rows.order_by("started_at"))
        latest = {row.vehicle_id: row for row in found}
        for row in found:
            row.give_way(cars[row.vehicle_id or ""], is_latest=row is latest[row.vehicle_id])
        return found

    def _repaired_at(self, cars: Iterable["Vehicle"]) -> dict[str, datetime]:
        rows = self.repaired().filter(vehicle__in=[car.pk for car in cars])
        return dict(rows.order_by().values_list("vehicle").annotate(Max("ended_at")))

    def note_repair(self, *, reconnects: models.QuerySet[Any]) -> int:
        """Says of episodes that seemed to end by themselves that these reconnects did it; returns how many."""
        mended = reconnects.filter(
            vehicle=models.OuterRef("vehicle"), redirected_at__lt=models.OuterRef("ended_at")
        )
        by_data = self.filter(ended_by=EndedBy.DATA, vehicle__in=reconnects.values("vehicle"))
        return by_data.filter(models.Exists(mended)).update(ended_by=EndedBy.RECONNECTED)

    def end_without_car(self, *, now: datetime) -> int:
        """Ends those whose car's row was deleted with its owner; returns how many."""
        return self.filter(ended_at=None, vehicle=None).update(ended_at=now, ended_by=EndedBy.REMOVED)


class StaleEpisode(models.Model):
    # Empty once the car's row is deleted; the counts stay.
    vehicle = models.ForeignKey(
        "vehicles.Vehicle",
        models.SET_NULL,
        null=True,
        related_name="stale_episodes",
        db_index=False,
        verbose_name=_("vehicle"),
    )
    make = models.ForeignKey(Make, models.SET_NULL, null=True, db_index=False, verbose_name=_("make"))
    integration = models.CharField(_("integration"), max_length=INTEGRATION_LENGTH, choices=Integration)
    # Reason and cause are the last that were known.
    reason = models.CharField(_("reason"), max_length=15, choices=StaleReason)
    cause = models.CharField(_("cause"), max_length=25, choices=Cause, blank=True, default="")
    # Since when the connection had lived: first seen with this owner, or repaired.
    connected_since = models.DateTimeField(_("connected since"))
    started_at = models.DateTimeField(_("from"))
    # When ev.energy said that the connection is lost; None for a car that was only silent, or marked.
    lost_at = models.DateTimeField(_("connection lost"), null=True, blank=True)
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    ended_by = models.CharField(_("how it ended"), max_length=13, choices=EndedBy, blank=True, default="")

    objects = StaleEpisodeQuerySet.as_manager()

    CHANGING = ["started_at", "make", "integration", "reason", "cause", "lost_at", "ended_at", "ended_by"]

    class Meta:
        verbose_name = _("stale episode")
        verbose_name_plural = _("stale episodes")
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(ended_at=None), name="stale_episode_one_open_for_each_car"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="")
                | (Q(ended_at__gte=F("started_at")) & ~Q(ended_by="")),
                name="stale_episode_end_and_how_go_together",
            ),
        ]
        indexes = [
            models.Index(fields=["vehicle", "-started_at"], name="stale_episode_of_vehicle"),
            models.Index(fields=["started_at"], name="stale_episode_started"),
            models.Index(fields=["ended_at"], name="stale_episode_ended"),
            models.Index(fields=["make", "started_at"], name="stale_episode_make"),
            models.Index(
                fields=["make", "lost_at"], name="stale_episode_lost", condition=Q(lost_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.started_at:%Y-%m-%d %H:%M}"

    # Factories

    @classmethod
    def of(cls, car: "Vehicle", repaired_at: datetime | None) -> "StaleEpisode":
        """The row, not stored, of a car that is stale; `repaired_at` is when it was last repaired, if ever."""
        since = car.stale_since or timezone.now()
        row = cls(
            vehicle_id=car.pk,
            started_at=since,
            connected_since=max(car.connected_at, repaired_at or car.connected_at),
            lost_at=since if car.stale_reason == StaleReason.CONNECTION_LOST else None,
        )
        row._copy(car)
        return row

    @property
    def says(self) -> tuple[str, str, str]:
        """What others are told of it."""
        return self.reason, self.cause, self.integration

    # Mutators of the row in memory. `follow` of the queryset stores it.

    def follow(self, car: "Vehicle", *, now: datetime) -> bool:
        """Takes over what the car's row says now, and returns whether that is news."""
        before = (self.make_id, self.integration, self.reason, self.cause, self.lost_at)
        if car.stale_reason == StaleReason.CONNECTION_LOST and self.lost_at is None:
            self.lost_at = max(now, self.started_at)
        self._copy(car)
        return before != (self.make_id, self.integration, self.reason, self.cause, self.lost_at)

    def end(self, car: "Vehicle", *, now: datetime, ended_by: str) -> "StaleEpisode":
        # A car that is stale anew since another moment had sent data in between.
        is_others = not car.stale_since and car.connected_at > self.started_at
        self.ended_at = max(car.stale_since or (car.connected_at if is_others else now), self.started_at)
        self.ended_by = EndedBy.DATA if car.stale_since else ended_by or self._told_by(car)
        self.integration = car.integration
        return self

    def give_way(self, car: "Vehicle", *, is_latest: bool) -> None:
        """Goes on if the car is stale since this episode began, or before; else ends when the car's next began."""
        since = car.stale_since or self.started_at
        if is_latest and self.started_at >= since:
            self.started_at, self.ended_at, self.ended_by = since, None, ""
            self._copy(car)
        else:
            self.ended_at = max(since, self.started_at)

    def _told_by(self, car: "Vehicle") -> EndedBy:
        if car.removed_at is not None:
            return EndedBy.REMOVED
        if car.connected_at > self.started_at:
            return EndedBy.CHANGED_HANDS
        if not car.is_connectable:
            return EndedBy.SWITCHED_OFF
        return EndedBy.DATA if car.has_data_since(self.started_at) else EndedBy.CLEARED

    def _copy(self, car: "Vehicle") -> None:
        self.make_id, self.integration = car.make_id, car.integration
        self.reason, self.cause = car.stale_reason, car.cause
