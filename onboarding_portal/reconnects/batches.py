"""What staff do for many vehicles at once: plan, create, cancel, try again, look at, take away as CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.budget import seconds_until_done
from onboarding_portal.reconnects import tasks
from onboarding_portal.reconnects.loops import flag_unstable
from onboarding_portal.reconnects.models import Batch, BatchKind, Origin, Reconnect, UnstableVehicle
from onboarding_portal.reconnects.moves import CHUNK, chunks, move_all
from onboarding_portal.reconnects.querysets import ReconnectQuerySet
from onboarding_portal.reconnects.states import State
from onboarding_portal.vehicles.advice import where_reconnecting_does_not_help
from onboarding_portal.vehicles.models import Integration, VehicleQuerySet

EMAIL_COOLDOWN = timedelta(hours=24)

LEFT_OUT: dict[str, Promise] = {
    "removed": _("removed"),
    "disabled": _("switched off at ev.energy"),
    "unintegrated": _("not integrated"),
    "open": _("reconnect already open"),
    "no_email": _("no e-mail address"),
    "unstable": _("repairs do not hold: needs staff"),
    "cooldown": _("e-mailed in the last 24 hours"),
    "connected": _("connected: nothing to repair"),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a batch would do. `left_out` maps a key of LEFT_OUT to its number of vehicles, zeros left away.

    For `in_vain` of the eligible vehicles the cause is known, and signing in again does not mend it.
    """

    kind: BatchKind
    eligible: int
    in_vain: int
    left_out: dict[str, int]
    estimated_seconds: float

    @property
    def reasons(self) -> list[tuple[Promise, int]]:
        return [(LEFT_OUT[key], count) for key, count in self.left_out.items()]


def plan_batch(*, vehicles: VehicleQuerySet, kind: BatchKind, now: datetime) -> Plan:
    """Returns how many of `vehicles` a batch would take and why it would leave out the others.

    The time is what the request budget allows; e-mails need no request and so no time from it.
    """
    flag_unstable(now=now)
    in_vain = Count("pk", filter=where_reconnecting_does_not_help())
    counted = {
        reason: (count, count_in_vain)
        for reason, count, count_in_vain in with_reason(vehicles, kind=kind, now=now)
        .order_by()
        .values_list("left_out_because")
        .annotate(total=Count("pk"), in_vain=in_vain)
    }
    eligible, eligible_in_vain = counted.pop("", (0, 0))
    return Plan(
        kind=kind,
        eligible=eligible,
        in_vain=eligible_in_vain,
        left_out={key: counted[key][0] for key in LEFT_OUT if key in counted},
        estimated_seconds=_estimated_seconds(eligible, kind=kind, now=now),
    )


def create_batch(
    *,
    vehicles: VehicleQuerySet,
    kind: BatchKind,
    by: User,
    now: datetime,
    confirmation: UUID | None = None,
    chunk: int = CHUNK,
) -> Batch:
    """Queues a reconnect for each eligible vehicle and returns the batch; work starts in the background.

    Where another batch or an owner's click got to a vehicle first, theirs stands and ours has none: the
    constraint on open reconnects decides. A fixed number of queries for each chunk. Raises IntegrityError, with
    nothing changed, if a batch with the same `confirmation` exists.
    """
    flag_unstable(now=now)
    eligible = with_reason(vehicles, kind=kind, now=now).filter(left_out_because="").order_by("pk")
    with transaction.atomic():
        batch = Batch.objects.create(kind=kind, created_by=by, created_at=now, confirmation=confirmation)
        vehicle_ids = list(eligible.values_list("pk", flat=True))
        for some_ids in chunks(vehicle_ids, chunk):
            rows = [_queued(vehicle_id, batch, now=now) for vehicle_id in some_ids]
            Reconnect.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(partial(tasks.start, lane_of(kind), now=now))
    return batch


def cancel_batch(*, batch: Batch, by: User, now: datetime) -> int:
    """Stops what has not been made or sent yet; returns how much that was.

    Links and e-mails that are out already stay good: owners may be using them at this moment.
    """
    Batch.objects.filter(pk=batch.pk, cancelled_at=None).update(cancelled_at=now, cancelled_by=by)
    batch.refresh_from_db(fields=["cancelled_at", "cancelled_by"])
    return move_all(rows_of(batch).filter(state=State.QUEUED), State.CANCELLED, now=now, by=by)


def retry_failed(*, batch: Batch, by: User, now: datetime) -> int:
    """Queues the failed ones again and returns how many; vehicles with an open reconnect are left out."""
    other_open = Reconnect.objects.open().filter(vehicle=OuterRef("vehicle"))
    failed = rows_of(batch).filter(~Exists(other_open), state=State.FAILED)
    failed_pks = list(failed.values_list("pk", flat=True))
    count = sum(_queue_again(pks, by=by, now=now) for pks in chunks(failed_pks))
    Batch.objects.filter(pk=batch.pk).update(cancelled_at=None, cancelled_by=None)
    transaction.on_commit(partial(tasks.start, lane_of(BatchKind(batch.kind)), now=now))
    return count


def counts_of(batch: Batch) -> dict[State, int]:
    """How many reconnects of the batch are in each state, zeros included, in one query."""
    return rows_of(batch).count_by_state()


def rows_of(batch: Batch) -> ReconnectQuerySet:
    return Reconnect.objects.filter(batch=batch)


def is_finished(counts: dict[State, int]) -> bool:
    """Whether the portal's own part is done: nothing waits for a link or an e-mail any more."""
    return counts[State.QUEUED] == 0


def with_reason(vehicles: VehicleQuerySet, *, kind: BatchKind, now: datetime) -> QuerySet[Any]:
    """Adds `left_out_because`, a key of LEFT_OUT, or "" for vehicles a batch of this kind would take."""
    reconnects = Reconnect.objects.filter(vehicle=OuterRef("pk"))
    whens = [
        When(removed_at__isnull=False, then=Value("removed")),
        When(is_disabled=True, then=Value("disabled")),
        When(integration=Integration.UNINTEGRATED, then=Value("unintegrated")),
        When(~Q(integration=Integration.INACTIVE) & Q(stale_since=None), then=Value("connected")),
        When(Exists(reconnects.open()), then=Value("open")),
    ]
    if kind == BatchKind.EMAILS:
        flagged = UnstableVehicle.objects.flagged().filter(vehicle=OuterRef("pk"))
        whens += [
            When(Q(owner__email="") | Q(owner__is_active=False), then=Value("no_email")),
            When(Exists(flagged), then=Value("unstable")),
            When(
                Exists(reconnects.filter(emailed_at__gt=now - EMAIL_COOLDOWN)),
                then=Value("cooldown"),
            ),
        ]
    return vehicles.annotate(left_out_because=Case(*whens, default=Value(""), output_field=CharField()))


def csv_rows(*, batch: Batch, with_links: bool) -> Iterator[str]:
    """The batch as lines of CSV, for a streaming answer. `with_links` only for those who may see secrets."""
    yield _csv_line(
        ["vehicle_id", "owner", "car", "state", "failure", "reason", "link_expires_at", "emailed_at"]
        + ["redirected_at", "reconnected_at"]
        + (["link"] if with_links else [])
    )
    rows = rows_of(batch).select_related("vehicle__owner", "vehicle__make", "vehicle__model").order_by("pk")
    for row in rows.iterator(chunk_size=CHUNK):
        times = [row.expires_at, row.emailed_at, row.redirected_at, row.reconnected_at]
        yield _csv_line(
            [row.vehicle_id, row.vehicle.owner.email, row.vehicle.name, row.state, row.failure]
            + [row.failure_detail, *(moment.isoformat() if moment else "" for moment in times)]
            + ([row.url] if with_links else [])
        )


def lane_of(kind: BatchKind) -> tasks.Lane:
    return tasks.Lane.LINKS if kind == BatchKind.LINKS else tasks.Lane.MAILS


def _queued(vehicle_id: str, batch: Batch, *, now: datetime) -> Reconnect:
    wants_email = batch.kind == BatchKind.EMAILS
    return Reconnect(
        vehicle_id=vehicle_id,
        batch=batch,
        origin=Origin.EMAIL if wants_email else Origin.STAFF,
        wants_email=wants_email,
        requested_by=batch.created_by,
        created_at=now,
        next_work_at=now,
    )


def _queue_again(pks: Sequence[int], *, by: User, now: datetime) -> int:
    again: dict[str, Any] = {
        "next_work_at": now,
        "tries": 0,
        "failure": "",
        "failure_detail": "",
        "ended_at": None,
    }
    try:
        return move_all(Reconnect.objects.filter(pk__in=pks), State.QUEUED, now=now, by=by, **again)
    except IntegrityError:
        # An owner clicked in between: their reconnect stands. Halving finds the rows that can still go.
        if len(pks) == 1:
            return 0
        half = len(pks) // 2
        return _queue_again(pks[:half], by=by, now=now) + _queue_again(pks[half:], by=by, now=now)


def _estimated_seconds(count: int, *, kind: BatchKind, now: datetime) -> float:
    return 0.0 if kind == BatchKind.EMAILS else seconds_until_done(requests=count, now=now)


def _csv_line(cells: Iterable[str]) -> str:
    buffer = StringIO()
    # A cell that begins like a formula is run by spreadsheets; an apostrophe makes it text.
    csv.writer(buffer).writerow([f"'{cell}" if cell[:1] in set("=+-@\t\r") else cell for cell in cells])
    return buffer.getvalue()
