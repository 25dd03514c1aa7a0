"""The one request budget of the whole deployment, shared by all processes through Django's cache.

ev.energy lets an application send so many requests in a rolling hour. Every call reserves from the budget
before it is sent. Owners in front of a screen may use all of it, staff who wait for an answer what lies above
`EV_ENERGY_RESERVED_REQUESTS`, and background work leaves a tenth of that to staff. A 429 is a fault of ours
that is counted, not a way to find the limit.

Among owners, fair_share.py says whose turn it is.

The window is one cached value behind a short lock. A call costs one look at it: how it ended is written down
along with the next one, and background work takes a few places at a time. Without the lock, or without the
cache, an owner's call goes ahead and everything else waits.
"""

import atexit
import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from django.conf import settings

from onboarding_portal.ev_energy.budget_state import BudgetState, budget_state
from onboarding_portal.ev_energy.errors import BudgetExhausted
from onboarding_portal.ev_energy.fair_share import Spender, current_spender
from onboarding_portal.ev_energy.in_hand import PLACES_LAST_SECONDS, InHand, Left, Place, Settlement
from onboarding_portal.ev_energy.priority import Priority, current_priority
from onboarding_portal.ev_energy.rate_window import Observation, Window
from onboarding_portal.ev_energy.reservation import Reservation, is_news, observed
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.ev_energy.shared_cache import CacheDown
from onboarding_portal.ev_energy.window_store import Ledger, WindowStore

STAFF_SHARE = 0.1  # of what lies above the owners' reserve, kept for staff
OWNER_WAITS_SECONDS = 0.5
BULK_WAITS_SECONDS = 3.0
BULK_COMES_BACK_AFTER_SECONDS = 1.0
# Background work takes some places ahead: 3 with a limit of 1,000.
MOST_AHEAD = 7
REQUESTS_FOR_EACH_PLACE_AHEAD = 300


class Budget:
    """The budget under one cache key, as one process sees it. It may be used by all its threads."""

    def __init__(
        self,
        *,
        key: str,
        window_seconds: float,
        reserved_requests: int,
        staff_share: float = STAFF_SHARE,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = WindowStore(key=key, window_seconds=window_seconds, sleep=sleep)
        self._in_hand = InHand()
        self._reserved_requests = reserved_requests
        self._staff_share = staff_share
        self._clock = clock

    def reserve(self) -> Reservation:
        """Leave to send one request, with the priority in force. Raises BudgetExhausted at once, if so."""
        rank, now = current_priority(), self._clock()
        if rank is Priority.BULK and (place := self._in_hand.take_place(now=now)):
            return Reservation(place.mark, now, used=place.used, limit=place.limit)
        spender = current_spender() if rank is Priority.OWNER else None
        with suppress(CacheDown), self._ledger() as ledger:
            if ledger is not None:
                return self._reserve_from(ledger, rank, spender)
        if rank is not Priority.OWNER:
            raise BudgetExhausted(
                "The request budget cannot be read.", retry_after=BULK_COMES_BACK_AFTER_SECONDS
            )
        return Reservation(mark=None)

    def settle(self, reservations: Sequence[Reservation], *, answer: Answer | None) -> None:
        """Tells how the sending ended: `answer` is the last one's, None if there was none.

        It is written down along with this process's next reservation, or at once if it says something new.
        """
        seen = Observation() if answer is None else observed(answer)
        now = self._clock()
        last = len(reservations) - 1
        self._in_hand.settle(
            Settlement(
                mark=reservation.mark,
                at=now,
                sent_at=reservation.sent_at,
                seen=seen if number == last else Observation(),
                spender=reservation.spender,
                was_in_vain=number == last and answer is not None and answer.status == 404,
            )
            for number, reservation in enumerate(reservations)
        )
        if reservations and is_news(seen, reservations[-1]):
            self.flush()

    def flush(self) -> None:
        """Writes down what this process has in hand and gives back what it took ahead: when its work ends."""
        left = self._in_hand.take_out(with_places=True)
        if not left:
            return
        with suppress(CacheDown), self._ledger() as ledger:
            if ledger is not None:
                ledger.enter(left)
                self._store.write(ledger)
                return
        self._in_hand.put_back(left)  # until then they stay booked as late as can be, which is safe

    def snapshot(self) -> BudgetState:
        """The budget now, for people to look at."""
        window, is_known = self._seen_window()
        return budget_state(
            window,
            is_known=is_known,
            reserve=self._reserved_requests,
            kept_from_staff=self._keep(Priority.STAFF, window),
            kept_from_bulk=self._keep(Priority.BULK, window),
            now=self._clock(),
        )

    def seconds_until_done(self, *, requests: int, now: datetime) -> float:
        """How long so many bulk requests take if nobody else sends any; infinite if all is reserved."""
        window, _ = self._seen_window()
        keep = self._keep(Priority.BULK, window)
        return window.seconds_until_done(requests=requests, keep=keep, now=now.timestamp())

    def _seen_window(self) -> tuple[Window, bool]:
        """The window with what this process has not written down yet, and whether it could be read."""
        try:
            ledger, is_known = self._store.read(), True
        except CacheDown:
            ledger, is_known = self._store.empty(), False
        ledger.enter(self._in_hand.peek() if is_known else Left())
        return ledger.window, is_known

    def _keep(self, of: Priority, window: Window) -> int:
        """How many requests are left alone for the ranks above."""
        if of is Priority.OWNER:
            return 0
        above = max(0, window.limit - self._reserved_requests)
        for_staff = math.floor(above * self._staff_share) if of is Priority.BULK else 0
        return self._reserved_requests + for_staff

    def _reserve_from(self, ledger: Ledger, rank: Priority, spender: Spender | None) -> Reservation:
        left = self._in_hand.take_out(with_places=False)
        try:
            ledger.enter(left)
            now, window = self._clock(), ledger.window
            wait = self._wait(ledger, rank, spender, now=now)
            if wait <= 0 and spender is not None:
                ledger.shares.count(spender, now=now)
            mark = window.book(now=now) if wait <= 0 else None
            places = self._take_ahead(window, now=now) if wait <= 0 and rank is Priority.BULK else []
            if left or wait <= 0:
                self._store.write(ledger)
        except CacheDown:
            self._in_hand.put_back(left)
            raise
        if wait > 0:
            raise BudgetExhausted("The request budget is used up for now.", retry_after=wait)
        self._in_hand.keep_places(places)
        return Reservation(mark, now, spender, window.used(now=now), window.limit)

    def _wait(self, ledger: Ledger, rank: Priority, spender: Spender | None, *, now: float) -> float:
        """Seconds until one more request may be sent; 0 for now."""
        window, keep = ledger.window, self._keep(rank, ledger.window)
        if rank is not Priority.OWNER:
            return window.seconds_until_free(keep=keep, now=now)
        if spender is None:
            return window.seconds_until_free_for_owner(keep=keep, now=now)
        keep = ledger.shares.keep(spender, reserve=self._reserved_requests, now=now)
        return max(
            ledger.shares.seconds_until_turn(spender, limit=window.limit, now=now),
            window.seconds_until_free_for_owner(keep=keep, now=now),
        )

    def _take_ahead(self, window: Window, *, now: float) -> list[Place]:
        """More places for what background work asks next, so that not each of its calls needs the window."""
        used = window.used(now=now)
        if used == 1:
            return []  # only the first answer tells the limit
        free = window.limit - used - self._keep(Priority.BULK, window)
        count = max(0, min(window.limit // REQUESTS_FOR_EACH_PLACE_AHEAD, MOST_AHEAD, free))
        good_until = now + PLACES_LAST_SECONDS
        return [
            Place(window.book(now=good_until), good_until, used=used + count, limit=window.limit)
            for _ in range(count)
        ]

    @contextmanager
    def _ledger(self) -> Iterator[Ledger | None]:
        """The ledger, ours alone until the end of the block; None if the lock could not be had in time."""
        wait_seconds = OWNER_WAITS_SECONDS if current_priority() is Priority.OWNER else BULK_WAITS_SECONDS
        with self._store.locked(wait_seconds=wait_seconds) as ledger:
            yield ledger


_budgets: dict[tuple[str, int], Budget] = {}


def get_budget() -> Budget:
    """The deployment's budget. Its key follows ev.energy's address and the window, so that changing either starts
    afresh instead of reading the other's steps.
    """
    window_seconds = settings.EV_ENERGY_RATE_WINDOW_SECONDS
    # Neither SECRET_KEY nor the credentials are in it: what was spent stays spent when one of them is rotated.
    identity = f"{settings.EV_ENERGY_API_URL}\n{window_seconds}"
    key = f"ev_energy:budget:{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
    reserved = settings.EV_ENERGY_RESERVED_REQUESTS
    return _budgets.setdefault(
        (key, reserved),
        Budget(key=key, window_seconds=float(window_seconds), reserved_requests=reserved),
    )


def flush(**_: object) -> None:
    """Writes down what this process has in hand: at the end of a task, of a job, and of the process."""
    for budget in list(_budgets.values()):
        budget.flush()


def forget_in_hand() -> None:
    """What this process has in hand is not its own: it was forked, or begins anew."""
    _budgets.clear()


os.register_at_fork(after_in_child=forget_in_hand)
atexit.register(flush)


def snapshot() -> BudgetState:
    """The deployment's budget now."""
    return get_budget().snapshot()


def seconds_until_done(*, requests: int, now: datetime) -> float:
    """How long so many bulk requests take from now on, within the deployment's budget; may be infinite."""
    return get_budget().seconds_until_done(requests=requests, now=now)
