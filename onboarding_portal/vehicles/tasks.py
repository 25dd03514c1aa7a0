"""Background work on vehicles. The rows say what is due; a task run twice finds nothing left to do."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.errors import BudgetExhausted, CanComeBack, EvEnergyError, RateLimited
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.timing import VEHICLE_SLICE_SECONDS, VEHICLE_WORK_LEASE
from onboarding_portal.vehicles.diagnosis import diagnose
from onboarding_portal.vehicles.erasing import erase_due_cars
from onboarding_portal.vehicles.first_look import look_for_due_cars
from onboarding_portal.vehicles.letting_go import due_cars, let_due_cars_go
from onboarding_portal.vehicles.models import CarToErase, Vehicle, VehicleQuerySet
from onboarding_portal.vehicles.refresh import refresh_vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner

logger = logging.getLogger(__name__)

# Which task goes first, in every room; those between have 0.
OWNER_IS_WAITING = 50
NOBODY_IS_WAITING = -50
A_FEW = 10
TAKES_AT_MOST = timedelta(seconds=30)
OWNER_WATCHES_FOR = timedelta(minutes=10)


class Work(StrEnum):
    """Each is the name of the field that says when a vehicle is due for it."""

    REFRESH = "refresh_due_at"
    DIAGNOSIS = "cause_due_at"


@task(priority=OWNER_IS_WAITING)
def refresh(vehicle_id: str) -> str:
    """Reads one vehicle for an owner who looks at its page; returns what came of it. The page asks again.

    For a while after the car was connected its owner waits in front of the screen, later nobody does.
    """
    now = timezone.now()
    is_new = Vehicle.objects.filter(pk=vehicle_id, connected_at__gt=now - OWNER_WATCHES_FOR).exists()
    try:
        with priority(Priority.OWNER if is_new else Priority.BULK):
            refresh_vehicle(vehicle_id=vehicle_id, client=get_client(), now=now)
    except (Vehicle.DoesNotExist, BelongsToAnotherOwner, EvEnergyError) as error:
        return type(error).__name__
    return "read"


@task(priority=NOBODY_IS_WAITING)
def refresh_due_vehicles() -> None:
    if work_off(work=Work.REFRESH, client=get_client(), clock=timezone.now):
        enqueue_once(refresh_due_vehicles)


@task(priority=NOBODY_IS_WAITING)
def diagnose_due_vehicles() -> None:
    if work_off(work=Work.DIAGNOSIS, client=get_client(), clock=timezone.now):
        enqueue_once(diagnose_due_vehicles)


def refresh_soon(*, vehicle: Vehicle | None, now: datetime) -> None:
    """Has a vehicle read for the owner who looks at it, unless that is under way. If it is lost, a sweep does it."""
    if vehicle and vehicle.take_refresh(until=now + TAKES_AT_MOST, now=now):
        refresh.enqueue(vehicle.pk)


def enqueue_due_work() -> None:
    """Enqueues the tasks for which vehicles are due. Runs each minute, and after what makes vehicles due."""
    now = timezone.now()
    if has_due(work=Work.REFRESH, now=now):
        enqueue_once(refresh_due_vehicles)
    if has_due(work=Work.DIAGNOSIS, now=now):
        enqueue_once(diagnose_due_vehicles)
    if User.objects.with_due_cars(now=now).exists():
        enqueue_once(look_for_due_cars)
    if CarToErase.objects.due(now=now).exists():
        enqueue_once(erase_due_cars)
    if due_cars(now=now).exists():
        enqueue_once(let_due_cars_go)


def enqueue_once(work: Task[[], None]) -> None:
    """Enqueues a task without arguments unless one waits already, so that sweeps do not pile tasks up."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=work.module_path)
    if not waiting.exists():
        work.enqueue()


def work_off(*, work: Work, client: Client, clock: Callable[[], datetime]) -> bool:
    """Works on due vehicles for a few seconds; returns whether to go on at once.

    A few may be what somebody of staff has just asked for: they go with staff's rank, many with that of bulk work.
    False when nothing is left to do, and when the budget is used up: the next sweep goes on then.
    """
    started = monotonic()
    with priority(_rank(work, now=clock())):
        while monotonic() - started < VEHICLE_SLICE_SECONDS:
            now = clock()
            vehicle = _due(work, now=now).take_first(due=work, until=now + VEHICLE_WORK_LEASE)
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


def _rank(work: Work, *, now: datetime) -> Priority:
    return Priority.STAFF if _due(work, now=now)[: A_FEW + 1].count() <= A_FEW else Priority.BULK


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
