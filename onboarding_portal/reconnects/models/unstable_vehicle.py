"""The loop breaker: vehicles whose repairs do not hold go to staff, and their owners get no more e-mails.

A repair did not hold if it ended within the last 14 days, the owner had gone through with it (RECONNECTED, or
EXPIRED after the redirect), and the vehicle is stale now. Three of them flag the vehicle. The flag stays until
staff clear it; what ended before that no longer counts.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.audit import Act, about_cars, job, record
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models.reconnect import Reconnect
from onboarding_portal.reconnects.models.states import State
from onboarding_portal.vehicles.models import Vehicle

LOOP_REPAIRS = 3
LOOP_WINDOW = timedelta(days=14)


class UnstableVehicleQuerySet(models.QuerySet["UnstableVehicle"]):
    def flagged(self) -> "UnstableVehicleQuerySet":
        return self.filter(cleared_at=None)

    def clear(self, *, by: User, now: datetime) -> int:
        """Staff have looked: e-mails may go out again, and earlier repairs no longer count."""
        return self.flagged().update(cleared_at=now, cleared_by=by)


class UnstableVehicle(models.Model):
    """A vehicle whose repairs do not hold: no more e-mails to its owner, staff have to look at it."""

    vehicle = models.OneToOneField(
        Vehicle, models.CASCADE, primary_key=True, related_name="unstable", verbose_name=_("vehicle")
    )
    repairs = models.PositiveSmallIntegerField(_("repairs that did not hold"))
    flagged_at = models.DateTimeField(_("flagged"))
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = UnstableVehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle that needs staff")
        verbose_name_plural = _("vehicles that need staff")

    def __str__(self) -> str:
        return self.vehicle_id


def flag_unstable(*, now: datetime) -> int:
    """Flags every stale vehicle with too many repairs in vain; returns how many are newly flagged."""
    fresh = [
        UnstableVehicle(vehicle_id=vehicle_id, repairs=repairs, flagged_at=now)
        for vehicle_id, repairs in _repairs_in_vain(now=now)
    ]
    if not fresh:
        return 0
    cars = Vehicle.objects.filter(pk__in=[each.vehicle_id for each in fresh]).order_by("pk")
    with transaction.atomic():
        UnstableVehicle.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["vehicle"],
            update_fields=["repairs", "flagged_at", "cleared_at", "cleared_by"],
        )
        subjects = about_cars(cars.values_list("pk", "owner_id"))
        record(act=Act.UNSTABLE_FLAGGED, actor=job("sweep_reconnects"), about=subjects)
    return len(fresh)


def _repairs_in_vain(*, now: datetime) -> list[tuple[str, int]]:
    """Vehicle ids with their number of repairs in vain, for stale vehicles that are not flagged already."""
    went_through = Q(state=State.RECONNECTED) | Q(state=State.EXPIRED, redirected_at__isnull=False)
    not_flagged = Q(vehicle__unstable=None) | Q(ended_at__gt=F("vehicle__unstable__cleared_at"))
    return list(
        Reconnect.objects.filter(went_through, not_flagged, ended_at__gt=now - LOOP_WINDOW)
        .filter(vehicle__stale_since__isnull=False, vehicle__removed_at=None)
        .values("vehicle")
        .annotate(repairs=Count("pk"))
        .filter(repairs__gte=LOOP_REPAIRS)
        .order_by("vehicle")
        .values_list("vehicle", "repairs")
    )
