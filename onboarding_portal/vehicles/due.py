"""Background work on vehicles: which row is due is written in the row itself, so a killed worker loses nothing.

A vehicle is claimed by a conditional update that puts off its due time. Whoever claimed it reads it and then takes
it off the list; if that never happens, it is due again by itself.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

from onboarding_portal.ev_energy.budget import Priority, priority
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import BudgetExhausted, CanComeBack, EvEnergyError, RateLimited
from onboarding_portal.timing import VEHICLE_SLICE_SECONDS, VEHICLE_WORK_LEASE
from onboarding_portal.vehicles.diagnosis import diagnose
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.refresh import refresh_vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner

logger = logging.getLogger(__name__)

CLAIM_FOR = VEHICLE_WORK_LEASE
SLICE_SECONDS = VEHICLE_SLICE_SECONDS


class Work(StrEnum):
    """Each is the name of the field that says when a vehicle is due for it."""

    REFRESH = "refresh_due_at"
    DIAGNOSIS = "cause_due_at"


def work_off(*, work: Work, client: Client, clock: Callable[[], datetime]) -> bool:
    """Works on due vehicles for a few seconds, with the budget of bulk work; returns whether to go on at once.

    False when nothing is left to do, and when the budget is used up: the next sweep goes on then.
    """
    started = monotonic()
    with priority(Priority.BULK):
        while monotonic() - started < SLICE_SECONDS:
            vehicle = _claim(work, now=clock())
            if vehicle is None:
                return False
            try:
                _CARRY_OUT[work](vehicle, client, clock())
            except (BudgetExhausted, RateLimited) as error:
                _put_back(work, vehicle, until=clock() + timedelta(seconds=error.retry_after or 60))
                return False
            except CanComeBack:
                # One car's trouble at ev.energy must not hold up the others: it stays put off, and they go on.
                logger.info("A vehicle is tried again later", extra={"vehicle_id": vehicle.pk})
    return True


def has_due(*, work: Work, now: datetime) -> bool:
    return Vehicle.objects.present().filter(**{f"{work}__lte": now}).exists()


def _claim(work: Work, *, now: datetime) -> Vehicle | None:
    """Returns a due vehicle that no other worker has, the longest due first."""
    due = Vehicle.objects.present().filter(**{f"{work}__lte": now}).order_by(work)
    for vehicle in due[:10]:
        claim = now + CLAIM_FOR
        if Vehicle.objects.filter(pk=vehicle.pk, **{work: getattr(vehicle, work)}).update(**{work: claim}):
            setattr(vehicle, work, claim)
            return vehicle
    return None


def _put_back(work: Work, vehicle: Vehicle, *, until: datetime | None) -> None:
    """Ends the claim, unless somebody asked for the vehicle anew meanwhile."""
    Vehicle.objects.filter(pk=vehicle.pk, **{work: getattr(vehicle, work)}).update(**{work: until})


def _refresh(vehicle: Vehicle, client: Client, now: datetime) -> None:
    try:
        refresh_vehicle(vehicle_id=vehicle.pk, client=client, now=now)
    except BelongsToAnotherOwner:
        logger.warning("A refreshed vehicle has another owner at ev.energy", extra={"vehicle_id": vehicle.pk})
    except CanComeBack:
        raise
    except EvEnergyError as error:
        logger.warning("A vehicle cannot be refreshed: %s", error, extra={"vehicle_id": vehicle.pk})
    _put_back(Work.REFRESH, vehicle, until=None)


def _diagnose(vehicle: Vehicle, client: Client, now: datetime) -> None:
    if diagnose(vehicle=vehicle, client=client, now=now) is None:
        _put_back(Work.DIAGNOSIS, vehicle, until=None)


_CARRY_OUT: dict[Work, Callable[[Vehicle, Client, datetime], object]] = {
    Work.REFRESH: _refresh,
    Work.DIAGNOSIS: _diagnose,
}
