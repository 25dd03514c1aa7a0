"""The loop breaker: vehicles whose repairs do not hold go to staff, and their owners get no more e-mails.

A repair did not hold if it ended within the last 14 days, the owner had gone through with it (RECONNECTED, or
EXPIRED after the redirect), and the vehicle is stale now. Three of them flag the vehicle. The flag stays until
staff clear it; what ended before that no longer counts.
"""

from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from onboarding_portal.reconnects.models import Reconnect, UnstableVehicle
from onboarding_portal.reconnects.states import State

LOOP_REPAIRS = 3
LOOP_WINDOW = timedelta(days=14)


def flag_unstable(*, now: datetime) -> int:
    """Flags every stale vehicle with too many repairs in vain; returns how many are newly flagged."""
    fresh = [
        UnstableVehicle(vehicle_id=vehicle_id, repairs=repairs, flagged_at=now)
        for vehicle_id, repairs in _repairs_in_vain(now=now)
    ]
    UnstableVehicle.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["vehicle"],
        update_fields=["repairs", "flagged_at", "cleared_at", "cleared_by"],
    )
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
