"""Background work on vehicles: whoever takes a due vehicle reads it, and then takes it off the list."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

from onboarding_portal.ev_energy.budget import Priority, priority
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import BudgetExhausted, CanComeBack, EvEnergyError, RateLimited
from onboarding_portal.vehicles.diagnosis import diagnose
from onboarding_portal.vehicles.models import Vehicle, VehicleQuerySet
from onboarding_portal.vehicles.refresh import refresh_vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
SLICE_SECONDS = 4.0  # a worker that is told to stop must end within ten


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
            now = clock()
            vehicle = _due(work, now=now).take_first(due=work, until=now + LEASE)
            if vehicle is None:
                return False
            try:
                _CARRY_OUT[work](vehicle, client, clock())
            except (BudgetExhausted, RateLimited) as error:
                due_at = clock() + timedelta(seconds=error.retry_after or 60)
                Vehicle.objects.release(vehicle, due=work, due_at=due_at)
                return False
            except CanComeBack:
                # One car's trouble at ev.energy must not hold up the others: its lease runs out, and they go on.
                logger.info("A vehicle is tried again later", extra={"vehicle_id": vehicle.pk})
    return True


def has_due(*, work: Work, now: datetime) -> bool:
    return _due(work, now=now).exists()


def _due(work: Work, *, now: datetime) -> VehicleQuerySet:
    return Vehicle.objects.present().filter(**{f"{work}__lte": now})


def _refresh(vehicle: Vehicle, client: Client, now: datetime) -> None:
    try:
        refresh_vehicle(vehicle_id=vehicle.pk, client=client, now=now)
    except BelongsToAnotherOwner:
        logger.warning("A refreshed vehicle has another owner at ev.energy", extra={"vehicle_id": vehicle.pk})
    except CanComeBack:
        raise
    except EvEnergyError as error:
        logger.warning("A vehicle cannot be refreshed: %s", error, extra={"vehicle_id": vehicle.pk})
    Vehicle.objects.release(vehicle, due=Work.REFRESH, due_at=None)


def _diagnose(vehicle: Vehicle, client: Client, now: datetime) -> None:
    if diagnose(vehicle=vehicle, client=client, now=now) is None:
        Vehicle.objects.release(vehicle, due=Work.DIAGNOSIS, due_at=None)


_CARRY_OUT: dict[Work, Callable[[Vehicle, Client, datetime], object]] = {
    Work.REFRESH: _refresh,
    Work.DIAGNOSIS: _diagnose,
}
