"""Reads all vehicles from ev.energy and makes the portal's rows say the same.

A run may take longer than a process lives: after each page its cursor is stored, in the transaction that stored the
page, and whoever comes next goes on from there. Only one process works on a run at a time; it holds a lease that
expires if it is killed. Memory stays flat: what vanished is found by `read_at`, not by remembering ids.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from onboarding_portal.ev_energy import resources
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import BudgetExhausted, CanComeBack, EvEnergyError, Invalid, NotFound
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import NOT_STALE, SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.outages import review_outages
from onboarding_portal.vehicles.store import store_page

logger = logging.getLogger(__name__)

# A list that lost its end, or came empty, looks like this many vehicles gone at once. Their reconnects would end.
MANY_VEHICLES, MANY_SHARE = 100, 0.5


# Well within the lease.
LONGEST_WAIT_SECONDS = 20.0


class SyncOutcome(StrEnum):
    COMPLETE = "complete"
    PART_READ = "part read"  # as far as this slot's pages went; the next slot goes on
    PAUSED = "paused"  # the budget is used up, or ev.energy does not answer; the next run goes on
    ALREADY_RUNNING = "already running"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What became of the run, and what the staleness rules then changed. `run` is None if another has it."""

    outcome: SyncOutcome
    run: SyncRun | None = None
    applied: staleness.Applied | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """How much of a run one call may read: so many pages, begun within so long."""

    pages: int
    time: timedelta


class _LeaseLost(Exception):
    """Another process took the run over, because this one was slower than its lease."""


def sync_vehicles(
    *,
    client: Client,
    portion: Portion | None = None,
    patience: timedelta = timedelta(0),
    clock: Callable[[], datetime] = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
) -> SyncReport:
    """Begins a run or goes on with the unfinished one, as far as the portion and the budget for bulk work reach.

    Without a portion the whole run is read, as when a person asks for it.

    `clock` is asked anew for each page: a run takes minutes to hours. `patience` is how long to wait for a run that
    another process holds: with SYNC_LEASE, a run whose process was killed is taken over for certain. Raises
    EvEnergyError where trying again does not help (credentials refused, pages that go round in a circle); the run has
    failed then, and the next begins anew.
    """
    run = _take(patience=patience, clock=clock, sleep=sleep)
    if run is None:
        return SyncReport(outcome=SyncOutcome.ALREADY_RUNNING)
    begun_at_cursor = run.cursor
    try:
        with priority(Priority.BULK):
            outcome = _work_on(run, client=client, portion=portion, clock=clock, sleep=sleep)
    except EvEnergyError as error:
        if isinstance(error, Invalid | NotFound) and run.cursor == begun_at_cursor != "":
            logger.warning("ev.energy refused the cursor of an earlier sync; the run begins again")
            run.abandon(now=clock())
            return sync_vehicles(client=client, portion=portion, clock=clock, sleep=sleep)
        if not error.can_retry:
            run.fail(why=str(error), now=clock())
        raise
    finally:
        run.release(now=clock())
    applied = staleness.apply_to_all(now=clock())
    Vehicle.objects.catch_up_episodes(now=clock())
    review_outages(now=clock())
    run.refresh_from_db()
    return SyncReport(outcome=outcome, run=run, applied=applied)


def _take(
    *, patience: timedelta, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> SyncRun | None:
    """Returns the run to work on; None if another process is at work on it, or may be."""
    give_up_at = clock() + patience
    page_counts = set()
    while True:
        now = clock()
        run = SyncRun.objects.take(lease_for=SYNC_LEASE, now=now)
        if run is not None or now >= give_up_at:
            return run
        page_counts.add(SyncRun.objects.running_page_count())
        if len(page_counts) > 1:
            return None  # somebody is alive and reads page after page
        sleep(1.0)


def _work_on(
    run: SyncRun,
    *,
    client: Client,
    portion: Portion | None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> SyncOutcome:
    ends_at = clock() + portion.time if portion else None
    pages = _pages(run, client=client, ends_at=ends_at, clock=clock, sleep=sleep)
    try:
        for number, (asked_at, page) in enumerate(pages, start=1):
            _store(run, page, asked_at=asked_at, now=clock())
            if portion and ends_at and page.next_cursor and (number >= portion.pages or clock() >= ends_at):
                return SyncOutcome.PART_READ
    except CanComeBack as error:
        logger.info("The vehicle sync pauses: %s", error)
        run.pause(why=str(error))
        return SyncOutcome.PAUSED
    except _LeaseLost:
        logger.warning("The vehicle sync was taken over by another process")
        return SyncOutcome.ALREADY_RUNNING
    return SyncOutcome.COMPLETE if _complete(run, now=clock()) else SyncOutcome.ALREADY_RUNNING


def _pages(
    run: SyncRun,
    *,
    client: Client,
    ends_at: datetime | None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Iterator[tuple[datetime, resources.Page[resources.Vehicle]]]:
    """Each page with when it was asked for. Within a slot it waits for places in the budget that come free soon."""
    while True:
        try:
            asked_at = clock()
            for page in client.vehicles(page_after=run.cursor or None):
                yield asked_at, page
                asked_at = clock()
        except BudgetExhausted as error:
            wait = error.retry_after or 0.0
            wakes_at = clock() + timedelta(seconds=wait)
            if ends_at is None or wait > LONGEST_WAIT_SECONDS or wakes_at >= ends_at:
                raise
            if not run.renew(lease_for=SYNC_LEASE, now=clock()):
                raise _LeaseLost from error
            sleep(wait)
        else:
            return


def _store(
    run: SyncRun, page: resources.Page[resources.Vehicle], *, asked_at: datetime, now: datetime
) -> None:
    # The cursor of the last page is empty, as at the beginning: killed right then, the run reads all once more.
    cursor = page.next_cursor or ""
    with transaction.atomic():
        stored = store_page(resources=page.items, now=asked_at)
        counts = {"page_count": 1, **stored.counts()}
        if not run.progress(
            cursor=cursor, counts=counts, unreadable=page.unreadable, lease_for=SYNC_LEASE, now=now
        ):
            raise _LeaseLost
    run.refresh_from_db(fields=["cursor", "unreadable", "unreadable_count"])


def _complete(run: SyncRun, *, now: datetime) -> bool:
    """Marks what the whole run has not seen as removed, and ends the run; False if the lease was lost."""
    with transaction.atomic():
        # The sandbox of the live API lists the same static vehicles to everyone: missing there means nothing.
        removed_count = _remove_vanished(run, now=now) if settings.EV_ENERGY_VERIFY_OWNERSHIP else 0
        if run.complete(removed_count=removed_count, now=now):
            return True
        transaction.set_rollback(True)
    return False


def _remove_vanished(run: SyncRun, *, now: datetime) -> int:
    """Returns how many were removed. Where most seem to be gone, only those the last whole run missed as well."""
    unreadable = run.unreadable_ids
    if unreadable is None:
        logger.warning("It is not known which vehicles could not be read, so none is taken for removed")
        return 0
    present = Vehicle.objects.present()
    vanished = present.filter(read_at__lt=run.started_at).exclude(pk__in=unreadable)
    count = vanished.count()
    if count > max(MANY_VEHICLES, MANY_SHARE * present.count()):
        logger.error(
            "%d vehicles are missing at ev.energy; they stay until the next sync misses them too", count
        )
        last = SyncRun.objects.filter(state=SyncState.COMPLETE).order_by("-started_at").first()
        vanished = vanished.filter(read_at__lt=last.started_at) if last else vanished.none()
    return vanished.change_stale({"removed_at": now, **NOT_STALE}, now=now)
