"""Background work in short slices: take a row that is due, do the one thing it waits for, take the next.

The rows say what is left to do and who is at it, so any number of workers can be at work, each may be killed at any
moment, and none has to know of the others. A slice is short so that SIGTERM and owners' tasks never wait long.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Min
from django.utils import timezone

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError, RateLimited
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.reconnects.background.watch import OWNER_MAY_WAIT, look, look_later
from onboarding_portal.reconnects.link.failed_try import (
    ForeignLink,
    end_without_need,
    release_after_failure,
    release_unprepared,
)
from onboarding_portal.reconnects.link.make_link import make_link
from onboarding_portal.reconnects.mailed.emails import MOST_CARS, TO_ASK, TO_REMIND, deliver
from onboarding_portal.reconnects.models import Reconnect, ReconnectQuerySet, State, WrongState
from onboarding_portal.timing import ONE_CALL_SECONDS, SLICE_SECONDS
from onboarding_portal.vehicles.store import BelongsToAnotherOwner

# A worker polls its queue once a second. A slice that starts early waits for the exact moment by itself.
WAKE_UP_EARLY = timedelta(seconds=1.5)
UNKNOWN_WAIT_SECONDS = 30.0
HORIZON = timedelta(minutes=2)  # what is due later than this is left to the sweep


class Lane(StrEnum):
    """Kinds of background work; each goes on by itself. Ways are links whose owners wait in front of a screen."""

    WAYS = "ways"
    LINKS = "links"
    MAILS = "mails"
    WATCHES = "watches"


@dataclass(frozen=True, slots=True)
class Wait:
    """The budget has nothing left for now; for so long."""

    seconds: float


Step = Callable[[Reconnect, datetime, datetime], Wait | None]


def rows_of(lane: Lane) -> Sequence[ReconnectQuerySet]:
    """What the lane works on, most urgent first; each queryset is read in the order of one index."""
    rows = Reconnect.objects.select_related("vehicle__owner", "vehicle__make", "vehicle__model")
    match lane:
        case Lane.WAYS:
            return [rows.awaiting_link()]
        case Lane.LINKS:
            return [rows.select_related("batch").filter(state=State.QUEUED, wants_email=False)]
        case Lane.WATCHES:
            return [rows.filter(state=State.REDIRECTED)]
        case Lane.MAILS:
            # Held back while the make has trouble; then they are due, and those that came back are left out.
            letters = _letters()
            return [
                rows.filter(state=State.RECONNECTED),
                letters.filter(state=State.QUEUED, wants_email=True),
                letters.filter(state=State.LINK_READY, wants_email=True),
                letters.filter(state=State.EMAILED),
                letters.filter(state=State.OPENED),
            ]


def _letters() -> ReconnectQuerySet:
    """What may be mailed now of all that asks something of an owner."""
    rows = Reconnect.objects.select_related(
        "vehicle__owner", "vehicle__make", "vehicle__model", "policy_choice__version"
    )
    return rows.outside_outages().sendable(now=timezone.now())


def has_work(lane: Lane, *, now: datetime) -> bool:
    return any(rows.due(now=now, by=due_column(lane)).exists() for rows in rows_of(lane))


def due_column(lane: Lane) -> str:
    """Which column says when the lane's rows are due: an owner's wait leaves the row's own work alone."""
    return "link_wanted_at" if lane is Lane.WAYS else "next_work_at"


def run_slice(lane: Lane, *, seconds: float = SLICE_SECONDS) -> datetime | None:
    """Works for about `seconds`; returns when to go on, None if the lane has nothing left for now."""
    ends_at = time.monotonic() + seconds
    while True:
        left = ends_at - time.monotonic()
        now = timezone.now()
        if left <= 0:
            return now
        row = _take_due(lane, now=now)
        if row is None or row.lease_until is None:
            return _next_due(lane, now=now)
        wait = _STEPS[lane](row, row.lease_until, now)
        if wait is not None:
            if wait.seconds > ends_at - time.monotonic():
                return timezone.now() + timedelta(seconds=wait.seconds) - WAKE_UP_EARLY
            time.sleep(wait.seconds)


def _take_due(lane: Lane, *, now: datetime) -> Reconnect | None:
    if lane == Lane.MAILS:
        news, *letters = rows_of(lane)
        return news.take_due(now=now) or _take_due_letter(letters, now=now)
    for rows in rows_of(lane):
        if row := rows.take_due(now=now, by=due_column(lane)):
            return row
    return None


def _take_due_letter(letters: Sequence[ReconnectQuerySet], *, now: datetime) -> Reconnect | None:
    """What asks something of an owner is taken for all of their cars together, for one e-mail."""
    every = _letters()
    asking, reminding = every.filter(state__in=TO_ASK, wants_email=True), every.filter(state__in=TO_REMIND)
    for rows, along in zip(letters, [asking, asking, reminding, reminding], strict=True):
        if row := rows.take_due_of_one_owner(along=along, now=now, at_most=MOST_CARS):
            return row
    return None


def _next_due(lane: Lane, *, now: datetime) -> datetime | None:
    """When the first of the rows comes due that are put off for a short while only."""
    due = due_column(lane)
    moments = [
        rows.filter(**{f"{due}__lte": now + HORIZON}).aggregate(first=Min(due))["first"]
        for rows in rows_of(lane)
    ]
    known = [moment for moment in moments if moment is not None]
    # What is overdue is leased: somebody is at it, or was killed, and the sweep will see.
    return min((moment for moment in known if moment > now), default=None)


def _prepare_way(row: Reconnect, lease: datetime, now: datetime) -> Wait | None:
    try:
        # The first try is for an owner who looks at a page; after it nobody is sure to be there.
        with priority(Priority.BULK) if row.failure else nullcontext(), deadline(seconds=ONE_CALL_SECONDS):
            make_link(reconnect=row, lease=lease, client=get_client(), now=now)
    except (EvEnergyError, ForeignLink) as problem:
        release_unprepared(reconnect=row, lease=lease, problem=problem, now=now)
    except WrongState:
        return None
    return None


def _make_link(row: Reconnect, lease: datetime, now: datetime) -> Wait | None:
    if not row.vehicle.needs_repair:
        end_without_need(reconnect=row, lease=lease, now=now)
        return None
    try:
        with priority(_rank_of_link(row)), deadline(seconds=ONE_CALL_SECONDS):
            make_link(reconnect=row, lease=lease, client=get_client(), now=now)
    except (EvEnergyError, ForeignLink) as problem:
        release_after_failure(reconnect=row, lease=lease, problem=problem, now=now)
        return _wait_for(problem)
    except WrongState:
        # Cancelled while ev.energy was asked. The link is forgotten.
        return None
    return None


def _rank_of_link(row: Reconnect) -> Priority:
    return Priority.STAFF if row.batch is not None and row.batch.is_waited_for else Priority.BULK


def _look(row: Reconnect, lease: datetime, now: datetime) -> Wait | None:
    is_fresh = row.redirected_at is not None and now - row.redirected_at < OWNER_MAY_WAIT
    try:
        with (
            priority(Priority.OWNER if is_fresh else Priority.BULK),
            deadline(seconds=ONE_CALL_SECONDS),
        ):
            look(reconnect=row, lease=lease, client=get_client(), now=now)
    except (EvEnergyError, BelongsToAnotherOwner):
        # The steps go on; who owns the car is settled by the next sync.
        look_later(reconnect=row, lease=lease, now=now)
    return None


def _mail(row: Reconnect, lease: datetime, now: datetime) -> Wait | None:
    deliver(reconnect=row, lease=lease, now=now)
    return None


def _wait_for(problem: EvEnergyError | ForeignLink) -> Wait | None:
    if not isinstance(problem, RateLimited):
        return None
    return Wait(problem.retry_after if problem.retry_after is not None else UNKNOWN_WAIT_SECONDS)


_STEPS: dict[Lane, Step] = {
    Lane.WAYS: _prepare_way,
    Lane.LINKS: _make_link,
    Lane.MAILS: _mail,
    Lane.WATCHES: _look,
}
