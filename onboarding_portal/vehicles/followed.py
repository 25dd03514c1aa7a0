"""The one way by which a vehicle's staleness is written: its episodes follow in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from onboarding_portal import news
from onboarding_portal.leases import LeasedQuerySet, Row
from onboarding_portal.vehicles.announcing import of_removed_cars
from onboarding_portal.vehicles.stale_episode import FOLLOWED, StaleEpisode

if TYPE_CHECKING:
    from onboarding_portal.vehicles.models import Vehicle

# Vehicles that one statement changes.
CHUNK = 1000


class FollowedQuerySet(LeasedQuerySet[Row]):
    """For vehicles only. `update`, `bulk_create` and `change_stale` lead here, and so does `FollowedModel.save`."""

    def change_stale(self, values: Mapping[str, Any], *, now: datetime, ended_by: str = "") -> int:
        """An update with `values`; returns how many vehicles it changed.

        The episodes that are over with it ended at `now`. A fixed number of queries for each chunk. `ended_by` is how
        they ended where the row cannot tell. Of cars that are removed by it others are told.
        """
        with transaction.atomic(using=self.db):
            locked = self.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
            pks = list(locked)
            for chunk in _chunks(pks):
                rows = self._with_pks(chunk)
                super(FollowedQuerySet, rows).update(**values)
                StaleEpisode.objects.follow(_vehicles(rows), now=now, ended_by=ended_by)
                if values.get("removed_at"):
                    news.tell(partial(of_removed_cars, _vehicles(rows), now=now))
        return len(pks)

    def update(self, **values: Any) -> int:
        if FOLLOWED.isdisjoint(values):
            return super().update(**values)
        return self.change_stale(values, now=timezone.now())

    def bulk_create(self, objs: Iterable[Row], *args: Any, **options: Any) -> list[Row]:
        rows: list[Any] = list(objs)
        is_followed = not FOLLOWED.isdisjoint(options.get("update_fields") or ())
        with transaction.atomic(using=self.db):
            created = super().bulk_create(rows, *args, **options)
            followed = [row for row in rows if is_followed or row.stale_since]
            if followed:
                StaleEpisode.objects.follow(followed, now=timezone.now())
        return created

    def catch_up_episodes(self, *, now: datetime) -> int:
        """Mends episodes of rows that a former version of the portal has written; returns how many there were."""
        same = StaleEpisode.objects.filter(
            vehicle=OuterRef("pk"), ended_at=None, started_at=OuterRef("stale_since")
        )
        begun = self.filter(~Exists(same), stale_since__isnull=False).values_list("pk", flat=True)
        is_over = Q(vehicle__stale_since=None) | ~Q(started_at=F("vehicle__stale_since"))
        over = StaleEpisode.objects.open().filter(is_over).values_list("vehicle", flat=True)
        pks = sorted({*begun, *over})
        for chunk in _chunks(pks):
            with transaction.atomic(using=self.db):
                rows = self._with_pks(chunk).order_by("pk").select_for_update()
                StaleEpisode.objects.follow(_vehicles(rows), now=now)
        StaleEpisode.objects.end_without_car(now=now)
        return len(pks)

    def _with_pks(self, pks: Sequence[str]) -> "FollowedQuerySet[Row]":
        return type(self)(self.model, using=self.db).filter(pk__in=pks)


class FollowedModel(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        update_fields = options.get("update_fields")
        with transaction.atomic():
            super().save(*args, **options)
            if update_fields is None or not FOLLOWED.isdisjoint(update_fields):
                StaleEpisode.objects.follow(_vehicles([self]), now=timezone.now())


def _chunks(pks: Sequence[str]) -> Iterable[Sequence[str]]:
    return (pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK))


def _vehicles(rows: Iterable[Any]) -> Iterable["Vehicle"]:
    return rows
