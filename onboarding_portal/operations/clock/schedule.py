"""What the clock does, and how often. A new job is a new line in JOBS.

Any number of clocks may run: each job has a row that says when it is due, and the first clock to move that moment
forward does it. All jobs are safe to do twice all the same. A job that failed is tried again after growing pauses.

The loop is our own, because it goes by a clock that nobody sets: a scheduler that sleeps until a moment of the day
sleeps an hour too long when the system's clock is set back by one.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error as DatabaseFailure
from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.module_loading import import_string

from onboarding_portal.counters import JOBS as JOBS_ENDED
from onboarding_portal.ev_energy.budget import flush
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.logs.frames import where
from onboarding_portal.operations.pauses import Pauses
from onboarding_portal.vehicles.pace import SLOT

logger = logging.getLogger(__name__)

THREADS = 2
TICK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`run` is the dotted path of a function without arguments."""

    name: str
    every: timedelta
    run: str


COMMANDS = "onboarding_portal.operations.clock.jobs"

# Any process does it that finds it due: a dead clock cannot tell of itself.
WATCH = Job(
    name="watch_engine",
    every=timedelta(seconds=20),
    run="onboarding_portal.operations.engine.watch.look",
)
JOBS = [
    Job(name="sync_vehicles", every=SLOT, run=f"{COMMANDS}.sync_vehicles"),
    Job(name="sync_catalogue", every=timedelta(days=1), run=f"{COMMANDS}.sync_catalogue"),
    Job(name="purge", every=timedelta(days=1), run=f"{COMMANDS}.purge"),
    Job(
        name="count_insights",
        every=timedelta(minutes=5),
        run="onboarding_portal.insights.job.count_insights",
    ),
    Job(
        name="count_popular_makes",
        every=timedelta(hours=1),
        run="onboarding_portal.vehicles.popular_makes.count_popular_makes",
    ),
    Job(
        name="fetch_logos",
        every=timedelta(hours=1),
        run="onboarding_portal.catalogue.logos.fetch_logos",
    ),
    Job(name="follow_readiness", every=SLOT, run="onboarding_portal.readiness.background.job.follow"),
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
        name="run_policy",
        every=timedelta(minutes=10),
        run="onboarding_portal.reconnects.policy.jobs.run_policy",
    ),
    Job(
        name="count_survival",
        every=timedelta(days=1),
        run="onboarding_portal.reconnects.policy.jobs.count_survival",
    ),
    Job(
        name="sweep_policy",
        every=timedelta(minutes=1),
        run="onboarding_portal.reconnects.policy.jobs.sweep_policy",
    ),
    Job(
        name="sweep_invitations",
        every=timedelta(minutes=1),
        run="onboarding_portal.accounts.invitations.tasks.sweep_invitations",
    ),
    Job(
        name="sweep_events",
        every=timedelta(minutes=1),
        run="onboarding_portal.api.events.tasks.sweep_events",
    ),
    Job(
        name="settle_hand_overs",
        every=timedelta(minutes=1),
        run="onboarding_portal.api.hand_over.outcome.settle_due",
    ),
    Job(
        name="sweep_reconnects",
        every=timedelta(minutes=1),
        run="onboarding_portal.reconnects.background.tasks.sweep_reconnects",
    ),
    WATCH,
]


def perform(job: Job, *, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Does the job if it is due and no other clock is at it; returns whether it was done, and done well."""
    close_old_connections()
    try:
        begun_at = clock()
        held_until = RegularJob.objects.take(job.name, every=job.every, now=begun_at)
        return held_until is not None and _carry_out(job, begun_at, held_until, clock)
    finally:
        flush()
        connections.close_all()


def _carry_out(job: Job, begun_at: datetime, held_until: datetime, clock: Callable[[], datetime]) -> bool:
    run: Callable[[], object] = import_string(job.run)
    started = time.monotonic()
    try:
        run()
    except Exception as error:  # noqa: BLE001  whatever it is, the other jobs go on and this one is tried again
        JOBS_ENDED.labels(job.name, "failed").inc()
        # First the line: the row may be out of reach, which may be why the job failed.
        logger.error("Job %s failed: %s", job.name, where(error))  # noqa: TRY400  a traceback quotes values
        close_old_connections()
        pause = RegularJob.objects.note_failure(
            job.name, held_until=held_until, why=_told(error), every=job.every, now=clock()
        )
        logger.info("Job %s is tried again in %.0f s", job.name, pause.total_seconds())
        return False
    RegularJob.objects.note_done(job.name, held_until=held_until, next_at=begun_at + job.every, now=clock())
    JOBS_ENDED.labels(job.name, "done").inc()
    level = logging.INFO if job.every >= timedelta(minutes=1) else logging.DEBUG
    logger.log(level, "Job %s done", job.name, extra={"seconds": round(time.monotonic() - started, 1)})
    return True


def _told(error: Exception) -> str:
    """What staff read: the errors of the API's client say nothing of owners, others may."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, EvEnergyError) else kind


class Clock:
    """Looks every few seconds which job is due, and does it in a thread of its own."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        clock: Callable[[], datetime] = timezone.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for job in jobs:
            import_string(job.run)  # a mistyped path stops the start, not the night's run
        self._jobs = jobs
        self._clock = clock
        self._sleep = sleep
        self._pauses = Pauses(sleep=sleep)
        self._threads = ThreadPoolExecutor(THREADS)
        self._begun: dict[str, Future[bool]] = {}

    def run(self) -> None:
        """For ever. While the database cannot be reached, it waits with growing pauses."""
        while True:
            try:
                self.tick()
            except DatabaseFailure as error:
                self._pauses.wait(error)
            else:
                self._pauses.end()
                self._sleep(TICK_SECONDS)

    def tick(self) -> None:
        """Begins what is due. Raises django.db.Error if the database does not answer."""
        close_old_connections()
        now = self._clock()
        rows = RegularJob.objects.in_bulk([job.name for job in self._jobs])
        for job in self._jobs:
            row, begun = rows.get(job.name), self._begun.get(job.name)
            if (row is None or row.is_due(every=job.every, now=now)) and (begun is None or begun.done()):
                self._begun[job.name] = self._threads.submit(self._perform, job)

    def _perform(self, job: Job) -> bool:
        try:
            return perform(job, clock=self._clock)
        except DatabaseFailure as error:
            # The row could not be read or written. It says that the job is due, or will once the lease is over.
            logger.warning("Job %s waits for the database: %s", job.name, where(error))
            return False
