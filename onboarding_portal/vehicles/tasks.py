"""Background tasks on vehicles. The rows say what is due; a task run twice finds nothing left to do."""

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.vehicles.due import Work, has_due, work_off
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.refresh import refresh_vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner

# Which task goes first, in every room; those between have 0.
OWNER_IS_WAITING = 50
NOBODY_IS_WAITING = -50
TAKES_AT_MOST = timedelta(seconds=30)


@task(priority=OWNER_IS_WAITING)
def refresh(vehicle_id: str) -> str:
    """Reads one vehicle for an owner who looks at its page; returns what came of it. The page asks again."""
    try:
        refresh_vehicle(vehicle_id=vehicle_id, client=get_client(), now=timezone.now())
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


def enqueue_once(work: Task[[], None]) -> None:
    """Enqueues a task without arguments unless one waits already, so that sweeps do not pile tasks up."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=work.module_path)
    if not waiting.exists():
        work.enqueue()
