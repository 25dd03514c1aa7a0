"""What can be asked of stale episodes: since when, how often, how long dark, and how long connections lived."""

from datetime import datetime, timedelta
from typing import Self, TypedDict, TypeVar, cast

from django.db import models
from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.vehicle_words import Integration

Row = TypeVar("Row", bound=models.Model)


class EndedBy(models.TextChoices):
    RECONNECTED = "RECONNECTED", _("Reconnected through the portal")
    DATA = "DATA", _("Data came by itself")
    CLEARED = "CLEARED", _("Cleared by staff")
    SWITCHED_OFF = "SWITCHED_OFF", _("Switched off or no longer integrated")
    REMOVED = "REMOVED", _("Left the fleet")
    CHANGED_HANDS = "CHANGED_HANDS", _("Changed hands")


class Darkness(TypedDict):
    """How often cars were stale, how many of them, and for how long; None where there was no episode."""

    episodes: int
    cars: int
    average: timedelta | None
    longest: timedelta | None


class EpisodeQueries(models.QuerySet[Row]):
    def open(self) -> Self:
        return self.filter(ended_at=None, vehicle__isnull=False)

    def open_at(self, moment: datetime) -> Self:
        """Those that went on at the moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), started_at__lte=moment)

    def begun_within(self, *, since: datetime, until: datetime) -> Self:
        return self.filter(started_at__gte=since, started_at__lt=until)

    def ended_within(self, *, since: datetime, until: datetime) -> Self:
        return self.filter(ended_at__gte=since, ended_at__lt=until)

    def touching(self, *, since: datetime, until: datetime) -> Self:
        """Those that went on at some moment of the period, `until` not among it."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=since), started_at__lt=until)

    def of_present_owner(self) -> Self:
        """Those since the car is its present owner's."""
        return self.filter(started_at__gte=F("vehicle__connected_at"))

    def repaired(self) -> Self:
        """Those after which a connection lived anew; a car that was only silent had it all the while."""
        was_lost = Q(lost_at__isnull=False, ended_at__isnull=False)
        stayed_lost = Q(ended_by=EndedBy.CLEARED) & ~Q(integration=Integration.ACTIVE)
        return self.filter(Q(ended_by=EndedBy.RECONNECTED) | was_lost & ~stayed_lost)

    def with_darkness(self, *, now: datetime) -> Self:
        """Each with `darkness`: how long it lasted, or has lasted until `now`."""
        until = Coalesce(F("ended_at"), models.Value(now, output_field=models.DateTimeField()))
        length = ExpressionWrapper(until - F("started_at"), output_field=DurationField())
        return self.annotate(darkness=length)

    def how_often(self) -> dict[str, int]:
        """How many of these episodes each car had, by its vehicle id."""
        rows = self.filter(vehicle__isnull=False).order_by()
        return dict(rows.values_list("vehicle").annotate(Count("pk")))

    def how_long_dark(self, *, now: datetime) -> Darkness:
        """One query."""
        counted = self.with_darkness(now=now).aggregate(
            episodes=Count("pk"),
            cars=Count("vehicle", distinct=True),
            average=Avg("darkness"),
            longest=Max("darkness"),
        )
        return cast("Darkness", counted)

    def lives_that_ended(self) -> Self:
        """A row for each connection that was lost, with `lived`: from connected or repaired until then.

        Those still alive are `Vehicle.objects.with_live_connection`; `removed_while_connected` are those whose end
        nobody saw.
        """
        lived = ExpressionWrapper(F("lost_at") - F("connected_since"), output_field=DurationField())
        earlier = self.model._default_manager.filter(
            vehicle=models.OuterRef("vehicle"),
            connected_since=models.OuterRef("connected_since"),
            lost_at__lt=models.OuterRef("lost_at"),
        )
        # A car that staff cleared while it was cut off was lost once, not each time it was found again.
        return self.filter(~models.Exists(earlier), lost_at__gt=F("connected_since")).annotate(lived=lived)
