"""An engine that is well, and each way it can be unwell; time is moved by whoever uses it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from onboarding_portal.api.events.models import Delivery, DeliveryState, Endpoint
from onboarding_portal.ev_energy.budget import Reservation, get_budget
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.operations.metrics.processes import Counts, Kind, Process, counts_of, stored
from onboarding_portal.operations.models import RegularJob
from onboarding_portal.vehicles.models import SyncRun
from onboarding_portal.vehicles.tasks import refresh_due_vehicles
from tests.api.events.rows import an_endpoint, an_event

ALL_KINDS = (Kind.WEB, Kind.WORKER, Kind.CLOCK)
LEASE = timedelta(seconds=30)


def give_signs_of_life(*kinds: Kind) -> None:
    """One process of each kind is alive now; those of other kinds stay as they were."""
    now = timezone.now()
    for kind in kinds:
        Process.objects.update_or_create(
            pk=kind.value,
            defaults={"kind": kind, "seen_at": now},
            create_defaults={"kind": kind, "seen_at": now, "started_at": now},
        )


def count(name: str, number: float, **labels: str) -> None:
    """The web process has counted so many more."""
    row = Process.objects.get(pk="web")
    counts: dict[tuple[str, tuple[tuple[str, str], ...]], float] = dict(counts_of([row.counts]))
    key = (name, tuple(sorted(labels.items())))
    counts[key] = counts.get(key, 0) + number
    Process.objects.filter(pk="web").update(counts=stored(counts))


def stored_counts() -> Counts:
    return counts_of([Process.objects.get(pk="web").counts])


def begin_run(*, progressed_at: datetime, **fields: object) -> SyncRun:
    return SyncRun.objects.create(
        **{
            "started_at": progressed_at,
            "progressed_at": progressed_at,
            "lease_id": uuid.uuid4(),
            "lease_expires_at": progressed_at + LEASE,
            **fields,
        }
    )


@dataclass(frozen=True, kw_only=True)
class Way:
    """`begin` makes it so, again before each look as long as it lasts; `end` makes it well."""

    name: str
    about: str = ""
    begin: Callable[[Settings], None]
    end: Callable[[Settings], None] = lambda _settings: None
    alive: tuple[Kind, ...] = ALL_KINDS  # while it lasts


def _cache_goes(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }


def _cache_is_back(settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}
    }


def _pages_fail(_settings: Settings) -> None:
    count("portal_requests_total", 10, page="home", method="GET", status="500")


def _pages_are_slow(_settings: Settings) -> None:
    count("portal_request_seconds_bucket", 100, audience="owners", le="+Inf")
    count("portal_request_seconds_bucket", 90, audience="owners", le="2.5")


def _task_waits(_settings: Settings) -> None:
    if not DBTaskResult.objects.exists():
        refresh_due_vehicles.enqueue()
        DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=6))


def _no_task_waits(_settings: Settings) -> None:
    DBTaskResult.objects.all().delete()


def _job_fails(_settings: Settings) -> None:
    RegularJob.objects.update_or_create(
        name="purge",
        defaults={"next_at": timezone.now(), "tries": 3, "failure": "OperationalError"},
    )


def _job_is_done(_settings: Settings) -> None:
    RegularJob.objects.filter(name="purge").update(tries=0, next_at=timezone.now() + timedelta(days=1))


def _run_stands(_settings: Settings) -> None:
    if not SyncRun.objects.exists():
        begin_run(
            progressed_at=timezone.now() - timedelta(minutes=18),
            pause_reason="ev.energy answered vehicles with 503.",
        )


def _run_is_gone(_settings: Settings) -> None:
    SyncRun.objects.all().delete()


def _calls_fail(_settings: Settings) -> None:
    count("portal_ev_energy_calls_total", 7, operation="vehicles", outcome="Unavailable")


def _budget_is_gone(_settings: Settings) -> None:
    budget = get_budget()
    if budget.snapshot().remaining:
        headers = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0"}
        answer = Answer(status=200, headers=headers, body=b"", received_at=timezone.now().timestamp())
        reservation: Reservation = budget.reserve()
        budget.settle([reservation], answer=answer)


def _mails_are_refused(_settings: Settings) -> None:
    count("portal_mails_total", 4, outcome="refused")


def _events_wait(_settings: Settings) -> None:
    if not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists():
        endpoint = Endpoint.objects.first() or an_endpoint()
        Delivery.objects.write([an_event()], [endpoint], now=timezone.now())
        Delivery.objects.update(created_at=timezone.now() - timedelta(hours=2))


def _events_are_taken(_settings: Settings) -> None:
    Delivery.objects.update(state=DeliveryState.DELIVERED)


def _nothing(_settings: Settings) -> None:
    return


WAYS = [
    Way(name="PortalRecordsUnreadable", about="cache", begin=_cache_goes, end=_cache_is_back),
    Way(name="PortalPagesFail", begin=_pages_fail),
    Way(name="PortalPagesSlow", begin=_pages_are_slow),
    Way(name="PortalProcessMissing", about="worker", begin=_nothing, alive=(Kind.WEB, Kind.CLOCK)),
    Way(name="PortalProcessMissing", about="clock", begin=_nothing, alive=(Kind.WEB, Kind.WORKER)),
    Way(name="PortalProcessMissing", about="web", begin=_nothing, alive=(Kind.WORKER, Kind.CLOCK)),
    Way(name="PortalQueueLate", begin=_task_waits, end=_no_task_waits),
    Way(name="PortalRegularWorkLate", about="purge", begin=_job_fails, end=_job_is_done),
    Way(name="PortalSyncStandsStill", begin=_run_stands, end=_run_is_gone),
    Way(name="PortalEvEnergyFails", begin=_calls_fail),
    Way(name="PortalBudgetShort", begin=_budget_is_gone),
    Way(name="PortalMailsRefused", begin=_mails_are_refused),
    Way(name="PortalEventsNotTaken", begin=_events_wait, end=_events_are_taken),
]
