"""What staff do for many vehicles at once: create, cancel, try again, look at.

What was confirmed is what is done, once: the page that asks carries a token of its own, and a second submit of the
same page, however it comes about, finds the batch of the first.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from onboarding_portal.accounts.audit import Act, Recorder, about_cars, record
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.models import (
    A_FEW,
    CHUNK,
    Batch,
    BatchKind,
    Origin,
    Reconnect,
    ReconnectQuerySet,
    State,
    chunks,
    flag_unstable,
    move_all,
)
from onboarding_portal.reconnects.staff.batch_plan import BatchPlan, plan_batch, taken
from onboarding_portal.vehicles.models import VehicleQuerySet

# A person waits for a few links: they are made before the thousands of another batch that came due earlier.
GOES_BEFORE = timedelta(days=1)


class AlreadyConfirmed(Exception):
    """The same page was submitted before, and `batch` came of it."""

    def __init__(self, batch: Batch) -> None:
        super().__init__("This page was submitted before.")
        self.batch = batch


class OtherThanConfirmed(Exception):
    """The vehicles are more than were confirmed, or none at all; `plan` is how it stands now."""

    def __init__(self, plan: BatchPlan) -> None:
        super().__init__("Another number of vehicles was confirmed.")
        self.plan = plan


def create_confirmed(
    *,
    vehicles: VehicleQuerySet,
    kind: BatchKind,
    token: UUID,
    at_most: int,
    including: Collection[str],
    by: User,
    now: datetime,
    why: str = "",
    replacing: ReconnectQuerySet | None = None,
) -> Batch:
    """Returns the new batch, whose reconnects take the place of those it is `replacing`.

    Raises AlreadyConfirmed and OtherThanConfirmed, with nothing changed. Between the page and its submit a sync may
    have found more stale vehicles. Nobody agreed to those.
    """
    flag_unstable(now=now)
    plan = plan_batch(vehicles=vehicles, kind=kind, now=now, replacing=replacing)
    _refuse_repetition(token)
    if not 0 < plan.size(including=including) <= at_most:
        raise OtherThanConfirmed(plan)
    # The owner of one car is on the phone; those of many are not.
    is_paced = plan.size(including=including) > 1
    try:
        return create_batch(
            vehicles=vehicles,
            kind=kind,
            by=by,
            now=now,
            including=including,
            confirmation=token,
            is_paced=is_paced,
            why=why,
            replacing=replacing,
        )
    except IntegrityError:
        _refuse_repetition(token)
        raise


def create_batch(
    *,
    vehicles: VehicleQuerySet,
    kind: BatchKind,
    by: User,
    now: datetime,
    including: Collection[str] = (),
    confirmation: UUID | None = None,
    is_paced: bool = True,
    replacing: ReconnectQuerySet | None = None,
    chunk: int = CHUNK,
    why: str = "",
) -> Batch:
    """Queues a reconnect for each eligible vehicle and returns the batch; work starts in the background.

    `including` are causes that signing in does not mend, whose owners are to be e-mailed all the same. E-mails go
    out at the pace and in the hours of `accounts/paced_mail.py` unless somebody waits for them.

    Where another batch or an owner's click got to a vehicle first, theirs stands and ours has none: the
    constraint on open reconnects decides. A fixed number of queries for each chunk. Raises IntegrityError, with
    nothing changed, if a batch with the same `confirmation` exists.
    """
    flag_unstable(now=now)
    eligible = taken(vehicles, kind=kind, including=including, now=now, replacing=replacing).order_by("pk")
    with transaction.atomic():
        batch = Batch.objects.create(kind=kind, created_by=by, created_at=now, confirmation=confirmation)
        vehicle_ids = list(eligible.values_list("pk", flat=True))
        if replacing is not None:
            old = Reconnect.objects.filter(pk__in=list(replacing.values_list("pk", flat=True)))
            _make_room(old, vehicle_ids, by=by, now=now, chunk=chunk)
        is_short = len(vehicle_ids) <= A_FEW if kind == BatchKind.LINKS else not is_paced
        due_at = now - GOES_BEFORE if is_short else now
        for some_ids in chunks(vehicle_ids, chunk):
            rows = [
                _queued(vehicle_id, batch, now=now, due_at=due_at, at_once=not is_paced)
                for vehicle_id in some_ids
            ]
            Reconnect.objects.bulk_create(rows, ignore_conflicts=True)
        _write_down(batch, by=by, why=why)
        transaction.on_commit(partial(tasks.wake, lane_of(kind), now=now))
    return batch


def _make_room(
    old: ReconnectQuerySet, vehicle_ids: Sequence[str], *, by: User, now: datetime, chunk: int
) -> None:
    for some_ids in chunks(vehicle_ids, chunk):
        move_all(old.filter(vehicle__in=some_ids), State.CANCELLED, now=now, by=by, note="Replaced by staff")


def _write_down(batch: Batch, *, by: User, why: str) -> None:
    act = Act.LINKS_ASKED_FOR if batch.kind == BatchKind.LINKS else Act.EMAILS_ASKED_FOR
    cars = rows_of(batch).order_by("pk").values_list("vehicle_id", "vehicle__owner_id")
    record(act=act, actor=by, thing=batch, about=about_cars(cars), why=why)


def cancel_batch(*, batch: Batch, by: User, now: datetime) -> int:
    """Stops what has not been made or sent yet; returns how much that was.

    Links and e-mails that are out already stay good: owners may be using them at this moment.
    """
    Batch.objects.filter(pk=batch.pk, cancelled_at=None).update(cancelled_at=now, cancelled_by=by)
    write = Recorder(act=Act.BATCH_CANCELLED, actor=by, thing=batch)
    batch.refresh_from_db(fields=["cancelled_at", "cancelled_by"])
    queued = rows_of(batch).filter(state=State.QUEUED)
    return move_all(queued, State.CANCELLED, now=now, by=by, written_by=write)


def retry_failed(*, batch: Batch, by: User, now: datetime) -> int:
    """Queues the failed ones again and returns how many; vehicles with an open reconnect are left out."""
    other_open = Reconnect.objects.open().filter(vehicle=OuterRef("vehicle"))
    failed = rows_of(batch).filter(~Exists(other_open), state=State.FAILED)
    failed_pks = list(failed.values_list("pk", flat=True))
    write = Recorder(act=Act.BATCH_RETRIED, actor=by, thing=batch)
    count = sum(_queue_again(pks, by=by, now=now, write=write) for pks in chunks(failed_pks))
    Batch.objects.filter(pk=batch.pk).update(cancelled_at=None, cancelled_by=None)
    transaction.on_commit(partial(tasks.wake, lane_of(BatchKind(batch.kind)), now=now))
    return count


def counts_of(batch: Batch) -> dict[State, int]:
    """How many reconnects of the batch are in each state, zeros included, in one query."""
    return rows_of(batch).count_by_state()


def rows_of(batch: Batch) -> ReconnectQuerySet:
    return Reconnect.objects.filter(batch=batch)


def is_finished(counts: dict[State, int]) -> bool:
    """Whether the portal's own part is done: nothing waits for a link or an e-mail any more."""
    return counts[State.QUEUED] == 0


def lane_of(kind: BatchKind) -> tasks.Lane:
    return tasks.Lane.LINKS if kind == BatchKind.LINKS else tasks.Lane.MAILS


def _queued(vehicle_id: str, batch: Batch, *, now: datetime, due_at: datetime, at_once: bool) -> Reconnect:
    wants_email = batch.kind == BatchKind.EMAILS
    return Reconnect(
        vehicle_id=vehicle_id,
        batch=batch,
        origin=Origin.EMAIL if wants_email else Origin.STAFF,
        wants_email=wants_email,
        at_once=wants_email and at_once,
        requested_by=batch.created_by,
        created_at=now,
        next_work_at=due_at,
    )


def _queue_again(pks: Sequence[int], *, by: User, now: datetime, write: Recorder) -> int:
    again: dict[str, Any] = {
        "next_work_at": now,
        "tries": 0,
        "failure": "",
        "failure_detail": "",
        "ended_at": None,
    }
    try:
        rows = Reconnect.objects.filter(pk__in=pks)
        return move_all(rows, State.QUEUED, now=now, by=by, written_by=write, **again)
    except IntegrityError:
        # An owner clicked in between: their reconnect stands. Halving finds the rows that can still go.
        if len(pks) == 1:
            return 0
        half = len(pks) // 2
        halves = (pks[:half], pks[half:])
        return sum(_queue_again(some, by=by, now=now, write=write) for some in halves)


def _refuse_repetition(token: UUID) -> None:
    batch = Batch.objects.filter(confirmation=token).first()
    if batch is not None:
        raise AlreadyConfirmed(batch)
