"""Erases cars at ev.energy in the background, a few seconds at a time. Each is read first: it may have been sold."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from onboarding_portal.accounts.audit import About, Act, job, record
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.errors import EvEnergyError, NotFound, RateLimited
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.timing import VEHICLE_SLICE_SECONDS, VEHICLE_WORK_LEASE
from onboarding_portal.vehicles.car_to_erase import CarToErase, Outcome
from onboarding_portal.vehicles.models import Vehicle

logger = logging.getLogger(__name__)


@task()
def erase_due_cars() -> None:
    """What is not done in a slice, and what ev.energy could not do now, is left to the next sweep."""
    erase_cars(client=get_client(), clock=timezone.now)


def erase_cars(*, client: Client, clock: Callable[[], datetime]) -> int:
    """Returns how many cars are done with. Staff's rank: somebody was promised it, and nobody sits in front of it."""
    started, done = monotonic(), 0
    with priority(Priority.STAFF):
        while monotonic() - started < VEHICLE_SLICE_SECONDS:
            now = clock()
            car = CarToErase.objects.due(now=now).take_first(due="due_at", until=now + VEHICLE_WORK_LEASE)
            if car is None:
                break
            try:
                outcome = _erase(car, client)
            except RateLimited as error:  # so is our own budget: asking for the next one would be in vain
                wait = timedelta(seconds=error.retry_after or 60)
                car.try_later(why=type(error).__name__, now=clock(), wait=wait)
                break
            except EvEnergyError as error:
                logger.warning("A car could not be erased at ev.energy yet: %s", error)
                car.try_later(why=str(error), now=clock())
                continue
            _write_down(car, outcome, now=clock())
            done += 1
    return done


def _erase(car: CarToErase, client: Client) -> Outcome:
    if Vehicle.objects.filter(pk=car.vehicle_id).exists():
        return Outcome.CAME_BACK
    try:
        resource = client.get_vehicle(vehicle_id=car.vehicle_id)
        if not car.was_owned_by(resource.user_id):
            return Outcome.OTHERS
        client.delete_vehicle(vehicle_id=car.vehicle_id)
    except NotFound:
        # After a first try whose answer was lost it is gone because we erased it.
        return Outcome.ERASED if car.tries else Outcome.GONE
    return Outcome.ERASED


def _write_down(car: CarToErase, outcome: Outcome, *, now: datetime) -> None:
    with transaction.atomic():
        car.end(outcome, now=now)
        record(
            act=Act.ERASED_AT_EV_ENERGY,
            actor=job("erase_due_cars"),
            about=[About()],
            thing=car.erasure,
            detail=str(outcome.label),
        )
