"""The lanes as tasks, and the sweep that starts them again after a worker was killed.

A task carries no more than its kind of work and does what the rows say is due, so it may run twice, be lost, or be
started by two sweeps at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

from onboarding_portal.reconnects.background import sweep as sweeping
from onboarding_portal.reconnects.background.lanes import Lane, has_work, run_slice
from onboarding_portal.timing import LONGEST_RUN
from onboarding_portal.vehicles.tasks import NOBODY_IS_WAITING, OWNER_IS_WAITING

__all__ = ["Lane", "sweep_reconnects", "wake"]


@task(priority=OWNER_IS_WAITING)
def prepare_ways() -> None:
    _work(Lane.WAYS)


@task(priority=NOBODY_IS_WAITING)
def make_links() -> None:
    _work(Lane.LINKS)


@task()
def send_mails() -> None:
    _work(Lane.MAILS)


@task(priority=OWNER_IS_WAITING)
def watch_vehicles() -> None:
    _work(Lane.WATCHES)


@dataclass(frozen=True, slots=True)
class _LaneTasks:
    task: Task[Any, Any]
    width: int  # how many tasks of the lane are kept going at the same time


_LANES = {
    Lane.WAYS: _LaneTasks(prepare_ways, width=2),
    Lane.LINKS: _LaneTasks(make_links, width=4),
    Lane.MAILS: _LaneTasks(send_mails, width=2),
    Lane.WATCHES: _LaneTasks(watch_vehicles, width=2),
}


def wake(lane: Lane, *, now: datetime, at: datetime | None = None) -> None:
    """Has the lane work from `at` on, or from now, unless it will by then."""
    tasks = _LANES[lane]
    for _ in range(tasks.width - _live(tasks.task, now=now, by=at or now)):
        tasks.task.using(run_after=at).enqueue()


def sweep_reconnects() -> None:
    """Once a minute: settles what time alone has settled, and starts lanes that have work. Two at once do no harm."""
    now = timezone.now()
    sweeping.settle(now=now)
    for lane in Lane:
        if has_work(lane, now=now):
            wake(lane, now=now)


def _work(lane: Lane) -> None:
    go_on_at = run_slice(lane)
    now = timezone.now()
    tasks = _LANES[lane]
    # This task counts itself among the live ones. Where there are too many, they end here one by one.
    if go_on_at is not None and _live(tasks.task, now=now, by=go_on_at) <= tasks.width:
        tasks.task.using(run_after=go_on_at if go_on_at > now else None).enqueue()


def _live(of: Task[Any, Any], *, now: datetime, by: datetime) -> int:
    """How many tasks of the kind are running, or will run by then."""
    is_waiting = Q(status=TaskResultStatus.READY) & (Q(run_after__lte=by) | Q(run_after=get_date_max()))
    is_running = Q(status=TaskResultStatus.RUNNING, started_at__gt=now - LONGEST_RUN)
    return DBTaskResult.objects.filter(is_waiting | is_running, task_path=of.module_path).count()
