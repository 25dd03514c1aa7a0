"""Delivering as tasks, and the sweep that starts them again after a worker was killed."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

from onboarding_portal.api.events import lanes
from onboarding_portal.api.events.models import Delivery
from onboarding_portal.timing import LONGEST_RUN
from onboarding_portal.vehicles.tasks import NOBODY_IS_WAITING

# What is due later than this is left to the sweep.
HORIZON = timedelta(minutes=2)
# How many tasks are kept going for endpoints that answer fast. Those that do not share one.
WIDTH = 2


@task()
def deliver() -> None:
    _work(deliver, slow=False, width=WIDTH)


@task(priority=NOBODY_IS_WAITING)
def deliver_to_slow() -> None:
    _work(deliver_to_slow, slow=True, width=1)


def wake(*, now: datetime) -> None:
    """Has events delivered from now on, unless that is under way."""
    for _ in range(WIDTH - _live(deliver, now=now, by=now)):
        deliver.enqueue()


def sweep_events() -> None:
    """Once a minute: gives up what could not be sent, and starts work that is due. Two at once do no harm."""
    now = timezone.now()
    Delivery.objects.give_up_what_waited(now=now)
    _start(now=now, slow=False)
    _start(now=now, slow=True)


def _start(*, now: datetime, slow: bool) -> None:
    """Has work of the kind done that is due, unless it is under way."""
    if not lanes.has_work(slow=slow, now=now):
        return
    if not slow:
        wake(now=now)
    elif not _live(deliver_to_slow, now=now, by=now):
        deliver_to_slow.enqueue()


def _work(work: Task[Any, Any], *, slow: bool, width: int) -> None:
    go_on_at = lanes.run_slice(slow=slow)
    now = timezone.now()
    # An endpoint turns slow, and fast again, while it is worked on: then the others go on with it.
    _start(now=now, slow=not slow)
    if go_on_at is None or go_on_at > now + HORIZON:
        return
    # This task counts itself among the live ones. Where there are too many, they end here one by one.
    if _live(work, now=now, by=go_on_at) <= width:
        work.using(run_after=go_on_at if go_on_at > now else None).enqueue()


def _live(of: Task[Any, Any], *, now: datetime, by: datetime) -> int:
    """How many tasks of the kind are running, or will run by then."""
    is_waiting = Q(status=TaskResultStatus.READY) & (Q(run_after__lte=by) | Q(run_after=get_date_max()))
    is_running = Q(status=TaskResultStatus.RUNNING, started_at__gt=now - LONGEST_RUN)
    return DBTaskResult.objects.filter(is_waiting | is_running, task_path=of.module_path).count()
