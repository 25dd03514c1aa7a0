"""When a vehicle is stale: it belongs to an owner, could send data, and does not.

    INACTIVE at ev.energy                                       -> CONNECTION_LOST
    ACTIVE, no sample for EV_ENERGY_STALE_AFTER_HOURS, or never
      one and connected longer ago than that                    -> SILENT
    staff said so                                               -> MARKED_BY_STAFF, until staff clear it
    ACTIVE with a sample newer than `stale_since`               -> no longer stale (unless staff said so)
    removed, switched off or not integrated                     -> never stale, whatever it was before

Silence counts only as far as the portal has looked: when ev.energy could not be read for days, the vehicles did
not fall silent, the portal was deaf. So a vehicle's silence ends at `read_at`, not now.

Each rule is written twice: for all vehicles as one UPDATE, and for one vehicle in Python. A test holds both
to the same answers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, Value, When

from onboarding_portal.vehicles.models import NO_CAUSE, NOT_STALE, Integration, StaleReason, Vehicle

LIFTED_BY_DATA = [StaleReason.CONNECTION_LOST, StaleReason.SILENT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How many vehicles each rule changed."""

    cleared: int
    connection_lost: int
    silent: int


def stale_after() -> timedelta:
    return timedelta(hours=settings.EV_ENERGY_STALE_AFTER_HOURS)


def apply_to_all(*, now: datetime) -> Applied:
    """Applies the rules to every vehicle, one UPDATE for each rule, however many vehicles there are."""
    is_alive = Q(
        integration=Integration.ACTIVE,
        stale_reason__in=LIFTED_BY_DATA,
        last_status_at__gt=F("stale_since"),
    )
    cannot_be_stale = (
        Q(removed_at__isnull=False) | Q(is_disabled=True) | Q(integration=Integration.UNINTEGRATED)
    )
    stale = Vehicle.objects.exclude(stale_since=None)
    return Applied(
        cleared=stale.filter(is_alive | cannot_be_stale).update(**NOT_STALE),
        connection_lost=_mark(
            StaleReason.CONNECTION_LOST, instead_of=["", StaleReason.SILENT], where=_is_cut_off(), now=now
        ),
        silent=_mark(
            StaleReason.SILENT, instead_of=["", StaleReason.CONNECTION_LOST], where=_is_silent(now), now=now
        ),
    )


def apply_to(*, vehicle: Vehicle, now: datetime) -> bool:
    """Applies the rules to one vehicle and stores what changed; returns whether something did."""
    reason = reason_for(vehicle=vehicle, now=now)
    if reason == vehicle.stale_reason:
        return False
    values = dict(NOT_STALE)
    if reason:
        values |= {"stale_reason": reason, "stale_since": _since(vehicle, now), "cause_due_at": now}
    # Conditional: staff may mark or clear the vehicle at this very moment, and their word holds.
    unchanged = Vehicle.objects.filter(pk=vehicle.pk, stale_reason=vehicle.stale_reason)
    changed = bool(unchanged.update(**values))
    vehicle.refresh_from_db(fields=list(NOT_STALE))
    return changed


def reason_for(*, vehicle: Vehicle, now: datetime) -> str:
    """Returns the StaleReason the rules give a vehicle now, "" if it is not stale."""
    if not vehicle.is_connectable:
        return ""
    if vehicle.stale_reason == StaleReason.MARKED_BY_STAFF:
        return StaleReason.MARKED_BY_STAFF
    if vehicle.integration == Integration.INACTIVE:
        return StaleReason.CONNECTION_LOST
    if (vehicle.last_status_at or vehicle.connected_at) < min(now, vehicle.read_at) - stale_after():
        return StaleReason.SILENT
    if vehicle.stale_since and not vehicle.has_data_since(vehicle.stale_since):
        return vehicle.stale_reason
    return ""


def _mark(reason: StaleReason, *, instead_of: list[str], where: Q, now: datetime) -> int:
    # A vehicle that turns from one reason to the other was stale all the while, unless it sent data between.
    since = Case(
        When(stale_since__isnull=True, then=Value(now)),
        When(last_status_at__gt=F("stale_since"), then=Value(now)),
        default=F("stale_since"),
    )
    vehicles = Vehicle.objects.connectable().filter(where, stale_reason__in=instead_of)
    return vehicles.update(**{**NO_CAUSE, "stale_reason": reason, "stale_since": since, "cause_due_at": now})


def _since(vehicle: Vehicle, now: datetime) -> datetime:
    if vehicle.stale_since is None or vehicle.has_data_since(vehicle.stale_since):
        return now
    return vehicle.stale_since


def _is_cut_off() -> Q:
    return Q(integration=Integration.INACTIVE)


def _is_silent(now: datetime) -> Q:
    def before(moment: str) -> Q:
        # Two conditions rather than the lesser of two: the first finds the few rows on an index.
        return Q(**{f"{moment}__lt": now - stale_after()}) & Q(
            **{f"{moment}__lt": F("read_at") - stale_after()}
        )

    return Q(integration=Integration.ACTIVE) & (
        before("last_status_at") | Q(last_status_at=None) & before("connected_at")
    )
