"""How things stand, read from the database and the cache when Prometheus asks: a fixed number of cheap queries.

Counts over rows that pile up look at the last day only, by an index.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import Error as DatabaseFailure
from django.db.models import Count, Min, Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from onboarding_portal.ev_energy import budget
from onboarding_portal.ev_energy.priority import Priority
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.clock.schedule import JOBS
from onboarding_portal.operations.engine.facts import events_of
from onboarding_portal.operations.metrics.processes import Process
from onboarding_portal.reconnects.models import OPEN_STATES, Reconnect, State
from onboarding_portal.vehicles.models import MakeOutage, SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.pace import current_pace, pages_of

RECENTLY = timedelta(days=1)


def processes(now: datetime) -> Iterator[Metric]:
    alive = _gauge("portal_processes", "Processes that gave a sign of life within 75 seconds.", "kind")
    for kind, number in Process.objects.alive(now=now).items():
        alive.add_metric([kind], number)
    yield alive


def request_budget(now: datetime) -> Iterator[Metric]:
    state = budget.snapshot()
    yield GaugeMetricFamily(
        "portal_budget_known", "1 if the request budget can be read.", value=state.is_known
    )
    yield GaugeMetricFamily("portal_budget_limit", "Requests in a rolling window.", value=state.limit)
    yield GaugeMetricFamily("portal_budget_used", "Requests of the window that are used.", value=state.used)
    left = _gauge("portal_budget_left", "Requests that may be sent now, by rank.", "rank")
    left.add_metric([Priority.OWNER], state.remaining)
    left.add_metric([Priority.STAFF], state.available_for_staff)
    left.add_metric([Priority.BULK], state.available_for_bulk)
    yield left
    blocked = state.blocked_until - now if state.blocked_until else timedelta(0)
    yield GaugeMetricFamily(
        "portal_budget_blocked_seconds", "How long a 429 still blocks calls.", value=blocked.total_seconds()
    )


def queue(now: datetime) -> Iterator[Metric]:
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
    since = min((moment for moment in (due["at_once"], due["later"]) if moment), default=now)
    yield GaugeMetricFamily(
        "portal_queue_due", "Background tasks that wait for a worker.", value=due["number"]
    )
    yield GaugeMetricFamily(
        "portal_queue_age_seconds",
        "How long the task that waits longest has waited.",
        value=(now - since).total_seconds(),
    )
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__gt=now - RECENTLY)
    yield GaugeMetricFamily("portal_queue_running", "Background tasks at work.", value=running.count())


def sync(now: datetime) -> Iterator[Metric]:
    complete = SyncRun.objects.filter(state=SyncState.COMPLETE).order_by("-started_at").first()
    finished_at = complete.finished_at if complete else None
    pages = pages_of(vehicles=complete.vehicle_count if complete else 0)
    yield GaugeMetricFamily(
        "portal_sync_takes_seconds",
        "How long a reading of all vehicles takes at the pace in force.",
        value=current_pace().reading_takes(pages=pages).total_seconds(),
    )
    yield GaugeMetricFamily(
        "portal_sync_completed_timestamp_seconds",
        "When all vehicles were last read to the end; 0 if never.",
        value=finished_at.timestamp() if finished_at else 0,
    )
    running = SyncRun.objects.filter(state=SyncState.RUNNING).first()
    yield GaugeMetricFamily(
        "portal_sync_stands_still",
        "1 if a reading of all vehicles is under way and a whole slot has brought nothing.",
        value=running is not None and running.stands_still(now=now),
    )


def jobs(now: datetime) -> Iterator[Metric]:
    done = _gauge(
        "portal_job_done_timestamp_seconds", "When a job of the clock was last done; 0 if never.", "job"
    )
    failed = _gauge("portal_job_failed_in_a_row", "How often a job of the clock has failed since.", "job")
    due = _gauge("portal_job_due_timestamp_seconds", "When a job of the clock is due, or was.", "job")
    for row in RegularJob.objects.order_by("name"):
        if row.name in {job.name for job in JOBS}:  # one that another release had is due for ever
            due.add_metric([row.name], row.next_at.timestamp())
        done.add_metric([row.name], row.done_at.timestamp() if row.done_at else 0)
        failed.add_metric([row.name], row.tries)
    yield done
    yield failed
    yield due


def journeys(now: datetime) -> Iterator[Metric]:
    attempts = _gauge("portal_attempts", "Attempts to connect a car of the last 24 hours, by state.", "state")
    since = now - RECENTLY
    counted = dict(
        Attempt.objects.filter(started_at__gt=since).order_by().values_list("state").annotate(Count("pk"))
    )
    for state in AttemptState:
        attempts.add_metric([state], counted.get(state, 0))
    yield attempts
    open_rows = Reconnect.objects.open().count_by_state()
    ended = Reconnect.objects.filter(ended_at__gt=since).count_by_state()
    reconnects = _gauge(
        "portal_reconnects", "Reconnects by state; those that ended, of the last 24 hours.", "state"
    )
    for reached in State:
        reconnects.add_metric([reached], (open_rows if reached in OPEN_STATES else ended)[reached])
    yield reconnects


def fleet(now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "portal_stale_vehicles",
        "Vehicles that are stale.",
        value=Vehicle.objects.filter(stale_since__isnull=False).count(),
    )
    yield GaugeMetricFamily(
        "portal_outages", "Makes and middlemen with trouble now.", value=MakeOutage.objects.ongoing().count()
    )


def events(now: datetime) -> Iterator[Metric]:
    known = events_of(now=now)
    yield GaugeMetricFamily(
        "portal_events_age_seconds",
        "How long the event that waits longest has waited.",
        value=(now - known.waiting_since).total_seconds() if known.waiting_since else 0,
    )
    yield GaugeMetricFamily(
        "portal_events_given_up", "Events given up in the last 24 hours.", value=known.given_up
    )


SOURCES: dict[str, Callable[[datetime], Iterator[Metric]]] = {
    "processes": processes,
    "budget": request_budget,
    "queue": queue,
    "sync": sync,
    "jobs": jobs,
    "journeys": journeys,
    "fleet": fleet,
    "events": events,
}


class StateCollector(Collector):
    """A source that cannot be read is named and left out; the others are told."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        readable = _gauge("portal_readable", "1 if what is told here could be read, by source.", "source")
        for name, source in SOURCES.items():
            try:
                metrics = list(source(now))
            except DatabaseFailure:
                readable.add_metric([name], 0)
                continue
            readable.add_metric([name], 1)
            yield from metrics
        yield readable


def _gauge(name: str, about: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=[label])
