"""How far a batch has come, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from onboarding_portal.accounts.models import WaitsFor
from onboarding_portal.ev_energy.budget import seconds_until_done
from onboarding_portal.reconnects.models import Batch, BatchKind, Failure, State
from onboarding_portal.reconnects.staff.batch_standstill import standstill
from onboarding_portal.reconnects.staff.batches import counts_of, is_finished, rows_of

# ev.energy's own words may differ from vehicle to vehicle; beyond this many only the number is told.
MOST_REASONS = 20


# By the link in the e-mail or otherwise: who went to ev.energy has opened what there was to open.
OPENED = Q(opened_at__isnull=False) | Q(redirected_at__isnull=False)


@dataclass(frozen=True, kw_only=True)
class FailureGroup:
    """How many reconnects failed for the same reason. `detail` is ev.energy's own, "" if it gave none."""

    reason: str
    detail: str
    count: int


@dataclass(frozen=True, kw_only=True)
class PutOffGroup:
    """So many e-mails wait for the same, the last of them until then at least."""

    waits_for: WaitsFor
    count: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class BatchProgress:
    """Where a batch stands. `seconds_left` is what the request budget allows for the links still to be made.

    `standstill` says why nothing is done for now, as far as that is known.
    """

    counts: dict[State, int]
    failures: list[FailureGroup]
    seconds_left: float
    put_off: list[PutOffGroup]
    opened: int
    back: int
    not_opened: int
    standstill: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        return self.counts[State.QUEUED]

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def failed(self) -> int:
        return self.counts[State.FAILED]

    @property
    def failed_otherwise(self) -> int:
        """How many failed for reasons that are not among `failures`."""
        return self.failed - sum(group.count for group in self.failures)

    @property
    def is_finished(self) -> bool:
        return is_finished(self.counts)

    @property
    def by_state(self) -> list[tuple[State, int]]:
        return [(state, count) for state, count in self.counts.items() if count]


def batch_progress(*, batch: Batch, now: datetime) -> BatchProgress:
    """Six queries at most: counts by state, what came of it; failures, what e-mails wait for, what holds it up where
    there is any.
    """
    counts = counts_of(batch)
    waiting = counts[State.QUEUED]
    needs_requests = waiting > 0 and batch.kind == BatchKind.LINKS
    rows = rows_of(batch)
    came_of_it = rows.aggregate(
        opened=Count("pk", filter=OPENED),
        not_opened=Count("pk", filter=Q(pk__in=rows.not_opened().values("pk"))),
    )
    return BatchProgress(
        counts=counts,
        back=counts[State.RECONNECTED],
        **came_of_it,
        failures=_failures_of(batch) if counts[State.FAILED] else [],
        seconds_left=seconds_until_done(requests=waiting, now=now) if needs_requests else 0.0,
        put_off=_put_off(batch) if waiting and batch.kind == BatchKind.EMAILS else [],
        standstill=standstill(batch, now=now) if waiting else "",
    )


def _put_off(batch: Batch) -> list[PutOffGroup]:
    rows = rows_of(batch).filter(state=State.QUEUED).exclude(waits_for="").order_by("waits_for")
    grouped = rows.values_list("waits_for").annotate(count=Count("pk"), until=Max("next_work_at"))
    return [
        PutOffGroup(waits_for=WaitsFor(waits_for), count=count, until=until)
        for waits_for, count, until in grouped
    ]


def _failures_of(batch: Batch) -> list[FailureGroup]:
    """The most frequent reasons first."""
    grouped = (
        rows_of(batch)
        .filter(state=State.FAILED)
        .values_list("failure", "failure_detail")
        .annotate(count=Count("pk"))
        .order_by("-count", "failure", "failure_detail")
    )
    return [
        FailureGroup(reason=str(Failure(failure).label) if failure else "", detail=detail, count=count)
        for failure, detail, count in grouped[:MOST_REASONS]
    ]
