"""Carries out at ev.energy what an owner asked for: to disconnect a car, or to have it removed.

What is asked is stored first. It is tried once while the owner waits, and by the background for as long as it takes.
Each car is read before: it may have been sold.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django_tasks import task

from onboarding_portal.accounts.allowance import may
from onboarding_portal.accounts.audit import Act, about, job, record
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError, NotFound, RateLimited
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.owner_limits import Press
from onboarding_portal.timing import OWNER_WAITS_SECONDS, VEHICLE_SLICE_SECONDS, VEHICLE_WORK_LEASE
from onboarding_portal.vehicles.car_to_erase import FIRST_WAIT, LONGEST_WAIT
from onboarding_portal.vehicles.leaving import ASKED_FROM, NOT_LEAVING
from onboarding_portal.vehicles.models import NOT_STALE, Leaving, Vehicle, VehicleQuerySet
from onboarding_portal.vehicles.store import is_owners

logger = logging.getLogger(__name__)

# Sent in the transaction in which an owner asks, with `vehicle`, `by` and `now`: rooms above end what they do.
car_let_go = Signal()

ASKED = {Leaving.DISCONNECTING: Act.DISCONNECT_ASKED, Leaving.REMOVING: Act.REMOVE_ASKED}
DUE = "leaving_due_at"


def ask(*, vehicle: Vehicle, wish: Leaving, owner: User, now: datetime) -> bool:
    """Stores that the owner wants the car disconnected or removed; returns False where that is no news."""
    with transaction.atomic():
        mine = Vehicle.objects.present().filter(
            pk=vehicle.pk, owner=owner, leaving__in=sorted(ASKED_FROM[wish])
        )
        values = {"leaving": wish, "leaving_asked_at": now, DUE: now, "leaving_tries": 0, **NOT_STALE}
        if not mine.change_stale(values, now=now):
            return False
        vehicle.refresh_from_db()
        record(act=ASKED[wish], actor=owner, about=about(vehicle))
        car_let_go.send(sender=Vehicle, vehicle=vehicle, by=owner, now=now)
    return True


def take_back(*, vehicle: Vehicle, owner: User) -> bool:
    """The owner wants a disconnected car connected again; returns False if it is none."""
    with transaction.atomic():
        if not vehicle.take_back():
            return False
        record(act=Act.TAKEN_BACK, actor=owner, about=about(vehicle))
    return True


def try_while_owner_waits(*, vehicle: Vehicle, owner: User, client: Client, now: datetime) -> None:
    """One try; what ev.energy cannot do now is left to the background, as is all where too many wait already."""
    if not may(Press.LET_GO, owner=owner, now=now):
        return
    with turns.taken() as is_my_turn:
        if not is_my_turn or not due_cars(now=now).take(vehicle, due=DUE, until=now + VEHICLE_WORK_LEASE):
            return
        with deadline(seconds=OWNER_WAITS_SECONDS):
            _try(vehicle, client, timezone.now)


@task()
def let_due_cars_go() -> None:
    """What is not done in a slice, and what ev.energy could not do now, is left to the next sweep."""
    let_cars_go(client=get_client(), clock=timezone.now)


def let_cars_go(*, client: Client, clock: Callable[[], datetime]) -> None:
    """Staff's rank: somebody was promised it, and nobody sits in front of it."""
    started = monotonic()
    with priority(Priority.STAFF):
        while monotonic() - started < VEHICLE_SLICE_SECONDS:
            now = clock()
            vehicle = due_cars(now=now).take_first(due=DUE, until=now + VEHICLE_WORK_LEASE)
            if vehicle is None or not _try(vehicle, client, clock):
                break


def due_cars(*, now: datetime) -> VehicleQuerySet:
    return Vehicle.objects.present().filter(leaving_due_at__lte=now)


def _try(vehicle: Vehicle, client: Client, clock: Callable[[], datetime]) -> bool:
    """For the holder of the lease. Returns whether asking ev.energy for the next car makes sense."""
    try:
        _carry_out(vehicle, client, clock)
    except RateLimited as error:  # so is our own budget
        _try_later(vehicle, now=clock(), wait=timedelta(seconds=error.retry_after or 60))
        return False
    except EvEnergyError as error:
        logger.warning("A car could not be let go at ev.energy yet: %s", error)
        _try_later(vehicle, now=clock())
    return True


def _carry_out(vehicle: Vehicle, client: Client, clock: Callable[[], datetime]) -> None:
    try:
        resource = client.get_vehicle(vehicle_id=vehicle.pk)
        if settings.EV_ENERGY_VERIFY_OWNERSHIP and not is_owners(resource, vehicle.owner):
            _done(
                vehicle, Act.LEFT_ALONE, now=clock(), **NOT_LEAVING
            )  # the next reading gives it to whose it is
        elif vehicle.leaving == Leaving.REMOVING:
            client.delete_vehicle(vehicle_id=vehicle.pk)
            _removed(vehicle, now=clock())
        else:
            integration = client.disconnect_vehicle(vehicle_id=vehicle.pk).integration
            done = {
                **NOT_LEAVING,
                "leaving": Leaving.DISCONNECTED,
                "leaving_asked_at": vehicle.leaving_asked_at,
            }
            now = clock()
            _done(vehicle, Act.DISCONNECTED, now=now, **done, integration=integration, read_at=now)
    except NotFound:
        _removed(vehicle, now=clock())


def _removed(vehicle: Vehicle, *, now: datetime) -> None:
    _done(vehicle, Act.REMOVED, now=now, **NOT_LEAVING, removed_at=now, read_at=now)


def _done(vehicle: Vehicle, act: Act, *, now: datetime, **values: object) -> None:
    """Unless the owner asked for something else meanwhile, which is due by itself."""
    with transaction.atomic():
        asked = Vehicle.objects.present().filter(pk=vehicle.pk, leaving=vehicle.leaving)
        if asked.change_stale({**values, **NOT_STALE}, now=now):
            record(act=act, actor=job("let_due_cars_go"), about=about(vehicle))
    vehicle.refresh_from_db()


def _try_later(vehicle: Vehicle, *, now: datetime, wait: timedelta | None = None) -> None:
    """For ever, in growing steps: its owner was promised it."""
    wait = wait or min(FIRST_WAIT * 2 ** min(vehicle.leaving_tries, 12), LONGEST_WAIT)
    asked = Vehicle.objects.filter(pk=vehicle.pk, leaving=vehicle.leaving, leaving_due_at__isnull=False)
    asked.update(leaving_due_at=now + wait, leaving_tries=min(vehicle.leaving_tries + 1, 1000))
