"""How the engine is at one moment: a fixed number of queries, and one look at the cache, which may be away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from onboarding_portal.api.events.models import Delivery
from onboarding_portal.ev_energy import budget
from onboarding_portal.ev_energy.budget_state import BudgetState
from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.clock.schedule import JOBS
from onboarding_portal.operations.engine.samples import Rates, Sample, digest
from onboarding_portal.operations.metrics.processes import Kind, Process, counts_of, last_seen, missing_kinds
from onboarding_portal.timing import LONGEST_RUN
from onboarding_portal.vehicles.data_age import DataAge, data_age_of
from onboarding_portal.vehicles.models import SyncRun, SyncState
from onboarding_portal.vehicles.pace import pace_of

KINDS = (Kind.WEB, Kind.WORKER, Kind.CLOCK)
RECENTLY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Tasks: due, since when the one that waits longest is due, under way, and cut off with their worker."""

    due: int
    oldest_at: datetime | None
    running: int
    cut_off: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The last whole reading of all vehicles, and the one under way."""

    age: DataAge
    complete: SyncRun | None
    running: SyncRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Since when the event that waits longest is on its way, and how many were given up in the last day."""

    waiting_since: datetime | None
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`processes` are those that gave a sign of life lately, the latest first.

    Of each kind `last_seen` says when one last did, and `missing_kinds` has those of which none does.
    """

    now: datetime
    processes: list[Process]
    last_seen: dict[Kind, datetime | None]
    missing_kinds: list[Kind]
    rates: Rates
    budget: BudgetState
    queue: Queue
    sync: Sync
    jobs: list[RegularJob]
    events: Events


def read_facts(*, now: datetime) -> Facts:
    """Raises django.db.Error if the database does not answer."""
    rows = list(Process.objects.order_by("-seen_at"))
    processes = [row for row in rows if row.kind != Kind.GONE]
    sums = digest(counts_of(row.counts for row in rows))
    rates = Rates(Sample.objects.of_the_last_hour(now=now), sums, now=now)
    state = budget.snapshot()
    alive = [row.pk for row in processes if row.is_alive(now=now)]
    return Facts(
        now=now,
        processes=processes,
        last_seen={kind: last_seen(rows, kind) for kind in KINDS},
        missing_kinds=missing_kinds(rows, now=now),
        rates=rates,
        budget=state,
        queue=_queue(alive=alive, now=now),
        sync=_sync(state),
        # A row of a job that another release had is due for ever.
        jobs=list(RegularJob.objects.filter(name__in=[job.name for job in JOBS]).order_by("name")),
        events=events_of(now=now),
    )


def events_of(*, now: datetime) -> Events:
    """Two queries."""
    pending = Delivery.objects.pending().of_endpoints_that_are_on()
    return Events(
        waiting_since=pending.aggregate(first=Min("created_at"))["first"],
        given_up=Delivery.objects.given_up_since(now - RECENTLY).count(),
    )


def _queue(*, alive: list[str], now: datetime) -> Queue:
    is_for_at_once = Q(run_after=get_date_max())
    due = (
        DBTaskResult.objects.ready()
        .order_by()
        .aggregate(
            number=Count("pk"),
            at_once=Min("enqueued_at", filter=is_for_at_once),
            later=Min("run_after", filter=~is_for_at_once),
        )
    )
    started = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__gt=now - RECENTLY)
    running = list(started.order_by().values_list("started_at", "worker_ids"))
    cut_off = sum(is_cut_off(at, workers, alive=alive, now=now) for at, workers in running)
    return Queue(
        due=due["number"],
        oldest_at=min((moment for moment in (due["at_once"], due["later"]) if moment), default=None),
        running=len(running) - cut_off,
        cut_off=cut_off,
    )


def is_cut_off(started_at: datetime | None, workers: list[str], *, alive: list[str], now: datetime) -> bool:
    """Whether a task that was begun is under way no more: its worker is gone, or none takes as long."""
    return started_at is not None and now - started_at > LONGEST_RUN and not set(workers[-1:]) & set(alive)


def _sync(state: BudgetState) -> Sync:
    pace = pace_of(
        background_requests=state.limit - state.reserve - state.staff_reserve,
        window=timedelta(seconds=settings.EV_ENERGY_RATE_WINDOW_SECONDS),
    )
    complete = SyncRun.objects.filter(state=SyncState.COMPLETE).order_by("-started_at").first()
    running = SyncRun.objects.filter(state=SyncState.RUNNING).first()
    return Sync(
        age=data_age_of(complete=complete, running=running, pace=pace), complete=complete, running=running
    )
