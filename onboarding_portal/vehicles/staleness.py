"""When a vehicle is stale: it belongs to an owner, could send data, and does not.

    INACTIVE at ev.energy                                       -> CONNECTION_LOST
    ACTIVE, no sample for EV_ENERGY_STALE_AFTER_HOURS, or never
      one and connected longer ago than that                    -> SILENT
    staff said so                                               -> MARKED_BY_STAFF, until staff clear it
    ACTIVE with a sample newer than `stale_since`               -> no longer stale (unless staff said so)
    removed, let go by its owner, switched off, not integrated  -> never stale, whatever it was before

Silence counts only as far as the portal has looked: when ev.energy could not be read for days, the vehicles did
not fall silent, the portal was deaf. So a vehicle's silence ends at `read_at`, not now. And what a look found is true
from that look on: `stale_since` is `read_at`, so that data sent after it counts as new, however long the reading of
all the others took.

Each rule is one change of many rows, for all vehicles or for some.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, When

from onboarding_portal.vehicles.models import (
    NO_CAUSE,
    NOT_STALE,
    Integration,
    StaleReason,
    Vehicle,
    VehicleQuerySet,
)

LIFTED_BY_DATA = [StaleReason.CONNECTION_LOST, StaleReason.SILENT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How many vehicles each rule changed."""

    cleared: int
    connection_lost: int
    silent: int


def apply_to_all(*, now: datetime) -> Applied:
    """Applies the rules to every vehicle, however many there are."""
    return _apply(Vehicle.objects.all(), now=now)


def apply_to(*, vehicle: Vehicle, now: datetime) -> bool:
    """Applies the rules to one vehicle, as it is stored; returns whether something changed."""
    applied = _apply(Vehicle.objects.filter(pk=vehicle.pk), now=now)
    vehicle.refresh_from_db(fields=list(NOT_STALE))
    return applied != Applied(cleared=0, connection_lost=0, silent=0)


def _apply(vehicles: VehicleQuerySet, *, now: datetime) -> Applied:
    has_new_data = Q(
        integration=Integration.ACTIVE,
        stale_reason__in=LIFTED_BY_DATA,
        last_status_at__gt=F("stale_since"),
    )
    not_connectable = (
        Q(removed_at__isnull=False)
        | Q(is_disabled=True)
        | ~Q(leaving="")
        | Q(integration=Integration.UNINTEGRATED)
    )
    stale = vehicles.exclude(stale_since=None)
    return Applied(
        cleared=stale.filter(has_new_data | not_connectable).change_stale(NOT_STALE, now=now),
        connection_lost=_mark(
            vehicles.filter(integration=Integration.INACTIVE, stale_reason__in=["", StaleReason.SILENT]),
            StaleReason.CONNECTION_LOST,
            now=now,
        ),
        silent=_mark(
            vehicles.filter(_is_silent(now), stale_reason__in=["", StaleReason.CONNECTION_LOST]),
            StaleReason.SILENT,
            now=now,
        ),
    )


def _mark(vehicles: VehicleQuerySet, reason: StaleReason, *, now: datetime) -> int:
    # A vehicle that turns from one reason to the other was stale all the while, unless it sent data between.
    since = Case(
        When(stale_since__isnull=True, then=F("read_at")),
        When(last_status_at__gt=F("stale_since"), then=F("read_at")),
        default=F("stale_since"),
    )
    values = {**NO_CAUSE, "stale_reason": reason, "stale_since": since, "cause_due_at": now}
    return vehicles.connectable().change_stale(values, now=now)


def _is_silent(now: datetime) -> Q:
    stale_after = timedelta(hours=settings.EV_ENERGY_STALE_AFTER_HOURS)

    def before(moment: str) -> Q:
        # Two conditions rather than the lesser of two: the first finds the few rows on an index.
        return Q(**{f"{moment}__lt": now - stale_after}) & Q(**{f"{moment}__lt": F("read_at") - stale_after})

    return Q(integration=Integration.ACTIVE) & (
        before("last_status_at") | Q(last_status_at=None) & before("connected_at")
    )
