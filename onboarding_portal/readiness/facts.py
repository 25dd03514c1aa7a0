"""The facts about a car, from its row and from what is kept of its readiness."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from onboarding_portal.ev_energy.smart_charging_resources import Home
from onboarding_portal.readiness.models import PLUGGED_IN_WITHIN, Readiness, first_missing_case
from onboarding_portal.readiness.needs import Facts, Need, first_missing
from onboarding_portal.vehicles.models import Integration, Vehicle


def facts_of(readiness: Readiness, *, steps: Collection[Need], now: datetime) -> Facts:
    """Agrees with the query `first_missing_case`."""
    vehicle = readiness.vehicle
    return Facts(
        is_connected=vehicle.integration == Integration.ACTIVE and vehicle.stale_since is None,
        is_disabled=vehicle.is_disabled,
        has_address=readiness.has_address,
        has_tariff=readiness.has_tariff,
        is_switched_on=vehicle.is_smart_charging_on,
        is_controllable=readiness.is_controllable,
        is_at_home=readiness.is_at_home,
        is_plugged_in=_was_plugged_in(readiness, vehicle, now=now),
        commands_arrive=readiness.commands_arrive,
        steps=steps,
    )


def _was_plugged_in(readiness: Readiness, vehicle: Vehicle, *, now: datetime) -> bool | None:
    lately = now - PLUGGED_IN_WITHIN
    if vehicle.is_plugged_in or (readiness.last_charged_at and readiness.last_charged_at >= lately):
        return True
    known_since = readiness.charging_known_since
    return False if known_since and known_since < lately and vehicle.connected_at < lately else None


def note_home(*, owner_id: int, home: Home | None, now: datetime) -> None:
    """Keeps whether the owner has an address and a tariff, for all of their cars."""
    rows = Readiness.objects.filter(vehicle__owner=owner_id, vehicle__handed_over_under="")
    rows.update(
        has_address=home is not None and home.has_address,
        has_tariff=home is not None and home.tariff_id is not None,
        home_read_at=now,
    )


def review(readiness: Readiness, *, steps: Collection[Need], now: datetime) -> Need | None:
    """Writes anew why the car is not ready; returns it."""
    readiness.refresh_from_db()
    missing = first_missing(facts_of(readiness, steps=steps, now=now))
    Readiness.objects.filter(pk=readiness.pk).update(blocker=missing or "")
    return missing


def review_all(*, steps: Collection[Need], now: datetime, at_most: int = 5000) -> int:
    """The same for all cars whose row says something else; returns for how many. So many at a time."""
    rows = Readiness.objects.annotate(first=first_missing_case(steps=steps, now=now))
    rows = rows.exclude(first=F("blocker"))
    changed: dict[str, list[str]] = {}
    for pk, first in rows.order_by("pk").values_list("pk", "first")[:at_most]:
        changed.setdefault(first, []).append(pk)
    for first, pks in changed.items():
        for start in range(0, len(pks), 500):
            Readiness.objects.filter(pk__in=pks[start : start + 500]).update(blocker=first)
    return sum(map(len, changed.values()))
