"""What the clock does, and how often. A new job is a new line in JOBS.

Any number of clocks may run: each job belongs to a time slot, and the first clock to claim the slot in the
shared cache does it. All jobs are safe to do twice all the same.

APScheduler, because its blocking scheduler needs no store and no second service, keeps a late job from piling
up, and survives a job's failure.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from django.core.cache import cache
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from onboarding_portal.vehicles.pace import SLOT

logger = logging.getLogger(__name__)

THREADS = 2
SMALLEST_LEAD = 1 / 8  # of the interval: how far into its slot a job runs, away from the slots' borders


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`run` is the dotted path of a function without arguments."""

    name: str
    every: timedelta
    run: str


COMMANDS = "onboarding_portal.operations.clock.jobs"

JOBS = [
    Job(name="sync_vehicles", every=SLOT, run=f"{COMMANDS}.sync_vehicles"),
    Job(name="sync_catalogue", every=timedelta(days=1), run=f"{COMMANDS}.sync_catalogue"),
    Job(name="purge", every=timedelta(days=1), run=f"{COMMANDS}.purge"),
    Job(
        name="sweep_vehicles",
        every=timedelta(minutes=1),
        run="onboarding_portal.vehicles.tasks.enqueue_due_work",
    ),
    Job(
        name="sweep_attempts",
        every=timedelta(minutes=1),
        run="onboarding_portal.onboarding.tasks.sweep_attempts",
    ),
    Job(
        name="sweep_reconnects",
        every=timedelta(minutes=1),
        run="onboarding_portal.reconnects.background.tasks.sweep_reconnects",
    ),
]


def claim(job: Job, *, now: datetime) -> bool:
    """Returns whether the caller is the first to ask for the job in the current slot."""
    slot = int(now.timestamp() // job.every.total_seconds())
    return bool(cache.add(f"clock:{job.name}:{slot}", 1, timeout=2 * job.every.total_seconds()))


def perform(job: Job, *, now: datetime) -> bool:
    """Does the job unless another clock has done it in this slot; returns whether it was done here."""
    close_old_connections()
    try:
        if not claim(job, now=now):
            return False
        run: Callable[[], object] = import_string(job.run)
        started = time.monotonic()
        run()
        logger.info("Job %s done", job.name, extra={"seconds": round(time.monotonic() - started, 1)})
        return True
    finally:
        connections.close_all()


def build_scheduler(jobs: list[Job], *, now: datetime) -> BlockingScheduler:
    """Returns a scheduler that does each job at once, unless its slot is taken, and then once in each slot."""
    for job in jobs:
        import_string(job.run)  # a mistyped path stops the start, not the night's run
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    for job in jobs:
        trigger = IntervalTrigger(seconds=int(job.every.total_seconds()), start_date=_in_next_slot(job, now))
        scheduler.add_job(_perform_now, trigger, args=[job], id=job.name, next_run_time=now)
    return scheduler


def _perform_now(job: Job) -> None:
    perform(job, now=datetime.now(tz=UTC))


def _in_next_slot(job: Job, now: datetime) -> datetime:
    seconds = job.every.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1 + SMALLEST_LEAD) * seconds, tz=UTC)


def _report(event: JobExecutionEvent) -> None:
    logger.error("Job %s failed: %s", event.job_id, type(event.exception).__name__)
