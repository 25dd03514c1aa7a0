"""Rows of each kind as a portal has them after a year, and how many of them."""

import resource
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, models
from django.db.models import F
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState
from onboarding_portal.operations.clock.purge import purge
from onboarding_portal.operations.clock.purge_rules import HISTORY
from onboarding_portal.reconnects.models import LastingLink, Reconnect, ReconnectEvent, State
from onboarding_portal.vehicles.models import Integration, SyncRun, Vehicle

NOW = timezone.now()
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)
READINGS = 4  # of all vehicles between two measurements: what an update leaves behind is part of the size
STEPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`count` is how many there are after 12 months with 200,000 vehicles, by the rates in docs/scale.md."""

    count: int
    row: Callable[[int], models.Model]


def identity(prefix: str, number: int) -> str:
    return f"{prefix}{number:026d}"


KINDS = [
    Kind(
        count=160_000,
        row=lambda n: User(
            pk=n,
            email=f"an.owner.{n}@mail.example",
            password="!" + "x" * 40,
            ev_energy_user_id=identity("user", n),
        ),
    ),
    Kind(
        count=210_000,
        row=lambda n: Vehicle(
            vehicle_id=identity("vhcl", n),
            owner_id=n,
            description="A car with a name",
            integration=Integration.ACTIVE,
            last_status_at=NOW - timedelta(seconds=n),
            state_of_charge_percentage=n % 100,
            is_smart_charging_on=True,
        ),
    ),
    Kind(
        count=215_000,
        row=lambda n: Attempt(
            id=uuid.UUID(int=n),
            owner_id=n,
            state=AttemptState.CONNECTED,
            make_id=identity("vmak", n),
            started_at=NOW,
            returned_at=NOW,
            ended_at=NOW,
        ),
    ),
    Kind(
        count=215_000,
        row=lambda n: Claim(
            attempt_id=uuid.UUID(int=n),
            vehicle_id=identity("vhcl", n),
            state=ClaimState.STORED,
            created_at=NOW,
        ),
    ),
    Kind(
        count=200_000,
        row=lambda n: Reconnect(
            pk=n,
            vehicle_id=identity("vhcl", n),
            state=State.RECONNECTED,
            origin="EMAIL",
            emailed_to=f"an.owner.{n}@mail.example",
            emailed_at=NOW,
            opened_at=NOW,
            redirected_at=NOW,
            reconnected_at=NOW,
            told_at=NOW,
            ended_at=NOW,
        ),
    ),
    Kind(
        count=200_000 * STEPS,
        row=lambda n: ReconnectEvent(
            reconnect_id=n, state=State.OPENED, at=NOW, note="By the link in the e-mail"
        ),
    ),
    Kind(count=75_000, row=lambda n: LastingLink(reconnect_id=n, owner_id=n, token_hash=f"{n:064d}")),
    Kind(
        count=101_000,
        row=lambda n: DBTaskResult(
            status=TaskResultStatus.SUCCESSFUL,
            started_at=NOW,
            finished_at=NOW,
            args_kwargs={"args": [identity("vhcl", n)], "kwargs": {}},
            task_path="onboarding_portal.vehicles.tasks.refresh",
            backend_name="default",
            queue_name="default",
            run_after=NOW,
            worker_ids=["x" * 32],
            return_value="read",
            exception_class_path="",
            traceback="",
        ),
    ),
    Kind(
        count=100_000,
        row=lambda n: Session(
            session_key=f"{n:032d}", session_data="x" * 400, expire_date=NOW + timedelta(days=30)
        ),
    ),
    Kind(
        count=300_000,
        row=lambda n: LogEntry(
            user_id=n,
            content_type=ContentType.objects.get_for_model(Vehicle),
            object_id=identity("vhcl", n),
            object_repr="Volvo EX30",
            action_flag=CHANGE,
            change_message="Asked for a reconnect by e-mail",
        ),
    ),
    Kind(
        count=100_000,
        row=lambda n: AccessLog(
            username=f"an.owner.{n}@mail.example", ip_address="203.0.113.7", user_agent=AGENT, path_info="/"
        ),
    ),
    Kind(
        count=5_000,
        row=lambda n: AccessAttempt(
            username=f"a.colleague.{n}@company.example",
            ip_address="203.0.113.7",
            user_agent=AGENT,
            failures_since_start=3,
        ),
    ),
    Kind(
        count=50_000,
        row=lambda n: Invitation(
            email=f"an.owner.{n}@mail.example",
            token_hash=f"{n:064d}",
            created_at=NOW,
            expires_at=NOW,
            user_id=n,
        ),
    ),
    Kind(
        count=90 * 96,
        row=lambda n: SyncRun(
            state="COMPLETE",
            started_at=NOW,
            progressed_at=NOW,
            finished_at=NOW,
            lease_id=uuid.uuid4(),
            lease_expires_at=NOW,
        ),
    ),
]
CACHED = 50_000


def measure(*, sample: int) -> list[dict[str, Any]]:
    """Stores `sample` rows of each kind; returns their names, how many there will be, and the bytes of each."""
    found = []
    for kind in KINDS:
        rows = [kind.row(number) for number in range(1, sample + 1)]
        type(rows[0])._default_manager.bulk_create(rows, batch_size=500)
        if isinstance(rows[0], Vehicle):
            _read_often()
        label, table = type(rows[0])._meta.label, type(rows[0])._meta.db_table
        found.append({"label": label, "rows": kind.count, "bytes": _size_of(table) / sample})
    for number in range(sample):
        cache.set(f"ev_energy:something:{number:032d}", "x" * 100, timeout=3600)
    return [*found, {"label": "the cache table", "rows": CACHED, "bytes": _size_of("portal_cache") / sample}]


def _read_often() -> None:
    for _ in range(READINGS):
        Vehicle.objects.update(
            read_at=timezone.now(), last_status_at=F("last_status_at") + timedelta(minutes=15)
        )
        _vacuum(Vehicle._meta.db_table)


def _size_of(table: str) -> int:
    """The table, its indexes, and what is stored beside it."""
    _vacuum(table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        (size,) = cursor.fetchone()
    return int(size)


def _vacuum(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {connection.ops.quote_name(table)}")


def add_old_reconnects(*, count: int) -> None:
    """So many that ended long ago, with their steps."""
    long_ago = NOW - HISTORY - timedelta(days=1)
    vehicle = Vehicle.objects.order_by("pk")[0]
    taken = Reconnect.objects.count()
    for first in range(0, count, 5_000):
        rows = Reconnect.objects.bulk_create(
            Reconnect(
                pk=taken + first + number,
                vehicle=vehicle,
                state=State.EXPIRED,
                created_at=long_ago,
                ended_at=long_ago,
            )
            for number in range(1, 1 + min(5_000, count - first))
        )
        ReconnectEvent.objects.bulk_create(
            ReconnectEvent(reconnect=row, state=State.EXPIRED, at=long_ago)
            for row in rows
            for _ in range(STEPS)
        )


def purge_all(*, count: int) -> dict[str, float]:
    """What it takes to purge `count` old reconnects, in a process that did nothing else."""
    User.objects.first()
    memory, watch = _memory_mib(), _Watch()
    started = time.perf_counter()
    with connection.execute_wrapper(watch):
        counts = purge(now=NOW)
    assert counts["reconnects that ended"] == count, counts
    return {
        "count": count,
        "seconds": time.perf_counter() - started,
        "longest_seconds": watch.longest,
        "grown_mib": _memory_mib() - memory,
    }


def _memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _Watch:
    def __init__(self) -> None:
        self.longest = 0.0

    def __call__(self, execute: Callable[..., object], *query: object) -> object:
        started = time.perf_counter()
        try:
            return execute(*query)
        finally:
            self.longest = max(self.longest, time.perf_counter() - started)
