"""The one request budget of the whole deployment, shared by all processes through Django's cache.

ev.energy lets an application send so many requests in a rolling hour. Every call reserves from the budget
before it is sent. Owners in front of a screen may use all of it, staff who wait for an answer what lies above
`EV_ENERGY_RESERVED_REQUESTS`, and background work leaves a tenth of that to staff. A 429 is a fault of ours
that is counted, not a way to find the limit.

The window is one cached value behind a short lock. Without the lock, or without the cache, an owner's call
goes ahead and everything else waits.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

from django.conf import settings
from django.utils.crypto import salted_hmac

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.errors import BudgetExhausted
from onboarding_portal.ev_energy.rate_window import FLIGHT_SECONDS, Observation, Window
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.ev_energy.shared_cache import CacheDown

STAFF_SHARE = 0.1  # of what lies above the owners' reserve, kept for staff
OWNER_WAITS_SECONDS = 0.5
BULK_WAITS_SECONDS = 3.0
BULK_COMES_BACK_AFTER_SECONDS = 1.0
WINDOW_FIELDS = [field.name for field in fields(Window)]


class Priority(StrEnum):
    """Who waits for the answer: an owner in front of a screen, staff in front of theirs, or nobody in a hurry."""

    OWNER = "owner"
    STAFF = "staff"
    BULK = "bulk"


_priority: ContextVar[Priority] = ContextVar("ev_energy_priority", default=Priority.OWNER)


@contextmanager
def priority(of: Priority) -> Iterator[None]:
    """Calls made inside are made with this priority."""
    token = _priority.set(of)
    try:
        yield
    finally:
        _priority.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """The budget at one moment, in requests. Not known while the cache is down: then all is as if unused.

    `reserve` is kept for owners, `staff_reserve` for staff; each is available in full to the ranks above.
    """

    is_known: bool
    limit: int
    used: int
    remaining: int
    reserve: int
    staff_reserve: int
    available_for_staff: int
    available_for_bulk: int
    next_free_at: datetime | None  # when the oldest request leaves the window
    blocked_until: datetime | None  # after a 429
    rate_limited_count: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """A request that may be sent. `mark` is None where it could not be written down."""

    mark: int | None


class Budget:
    """The budget under one cache key."""

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
        self._key = key
        self._window_seconds = window_seconds
        self._reserved_requests = reserved_requests
        self._staff_share = staff_share
        self._clock = clock
        self._sleep = sleep

    def reserve(self) -> Reservation:
        """Leave to send one request, with the priority in force. Raises BudgetExhausted at once, if so."""
        try:
            with self._window() as window:
                if window is not None:
                    return self._reserve_from(window)
        except CacheDown:
            pass
        if _priority.get() is not Priority.OWNER:
            raise BudgetExhausted(
                "The request budget cannot be read.", retry_after=BULK_COMES_BACK_AFTER_SECONDS
            )
        return Reservation(mark=None)

    def settle(self, reservations: Sequence[Reservation], *, answer: Answer | None) -> None:
        """Tells how the sending ended: `answer` is the last one's, None if there was none."""
        seen = Observation() if answer is None else _observed(answer)
        try:
            with self._window() as window:
                if window is None:
                    return  # they stay booked as late as can be, which is safe
                now = self._clock()
                for reservation in reservations[:-1]:
                    window.settle(reservation.mark, seen=Observation(), now=now)
                for reservation in reservations[-1:]:
                    window.settle(reservation.mark, seen=seen, now=now)
                self._write(window)
        except CacheDown:
            return

    def snapshot(self) -> BudgetState:
        """The budget now, for people to look at."""
        now = self._clock()
        try:
            window, is_known = self._read(), True
        except CacheDown:
            window, is_known = Window(seconds=self._window_seconds), False
        used = window.used(now=now)
        remaining = max(0, window.limit - used)
        next_free_at = window.next_free_at(now=now)
        return BudgetState(
            is_known=is_known,
            limit=window.limit,
            used=used,
            remaining=remaining,
            reserve=self._reserved_requests,
            staff_reserve=self._keep(Priority.BULK, window) - self._keep(Priority.STAFF, window),
            available_for_staff=max(0, remaining - self._keep(Priority.STAFF, window)),
            available_for_bulk=max(0, remaining - self._keep(Priority.BULK, window)),
            next_free_at=None if next_free_at is None else datetime.fromtimestamp(next_free_at, tz=UTC),
            blocked_until=(
                datetime.fromtimestamp(window.blocked_until, tz=UTC) if window.blocked_until > now else None
            ),
            rate_limited_count=window.rate_limited_count,
        )

    def seconds_until_done(self, *, requests: int, now: datetime) -> float:
        """How long so many bulk requests take if nobody else sends any; infinite if all is reserved."""
        try:
            window = self._read()
        except CacheDown:
            window = Window(seconds=self._window_seconds)
        keep = self._keep(Priority.BULK, window)
        return window.seconds_until_done(requests=requests, keep=keep, now=now.timestamp())

    def _keep(self, of: Priority, window: Window) -> int:
        """How many requests are left alone for the ranks above."""
        if of is Priority.OWNER:
            return 0
        above = max(0, window.limit - self._reserved_requests)
        for_staff = math.floor(above * self._staff_share) if of is Priority.BULK else 0
        return self._reserved_requests + for_staff

    def _reserve_from(self, window: Window) -> Reservation:
        now = self._clock()
        rank = _priority.get()
        if rank is Priority.OWNER:
            wait = window.seconds_until_free_for_owner(now=now)
        else:
            wait = window.seconds_until_free(keep=self._keep(rank, window), now=now)
        if wait > 0:
            raise BudgetExhausted("The request budget is used up for now.", retry_after=wait)
        mark = window.book(now=now)
        self._write(window)
        return Reservation(mark=mark)

    @contextmanager
    def _window(self) -> Iterator[Window | None]:
        """The window, ours alone until the end of the block; None if the lock could not be had in time."""
        wait_seconds = OWNER_WAITS_SECONDS if _priority.get() is Priority.OWNER else BULK_WAITS_SECONDS
        with shared_cache.lock(f"{self._key}:lock", wait_seconds=wait_seconds, sleep=self._sleep) as held:
            yield self._read() if held else None

    def _read(self) -> Window:
        stored = shared_cache.read(self._key)
        if not isinstance(stored, dict):
            return Window(seconds=self._window_seconds)
        # Another release, there for the moment in which one replaces the other, may know of more.
        known = {name: stored[name] for name in WINDOW_FIELDS if name in stored}
        return Window(**{**known, "seconds": self._window_seconds})

    def _write(self, window: Window) -> None:
        # A plain dict: a class would tie what one release wrote to the code of the next.
        shared_cache.write(self._key, asdict(window), seconds=2 * self._window_seconds + FLIGHT_SECONDS)


def _observed(answer: Answer) -> Observation:
    if answer.status == 401:
        # The headers then speak of the limit for anonymous callers, not of ours.
        return Observation()
    return Observation(
        limit=answer.limit,
        remaining=answer.remaining,
        is_rate_limited=answer.status == 429,
        retry_after_seconds=answer.retry_after,
    )


def get_budget() -> Budget:
    """The deployment's budget. Its key follows the application and the window, so that changing either starts
    afresh instead of reading the other's steps.
    """
    window_seconds = settings.EV_ENERGY_RATE_WINDOW_SECONDS
    identity = f"{settings.EV_ENERGY_API_URL}\n{settings.EV_ENERGY_CLIENT_ID}\n{window_seconds}"
    return Budget(
        key=f"ev_energy:budget:{salted_hmac('ev_energy.budget', identity).hexdigest()[:32]}",
        window_seconds=float(window_seconds),
        reserved_requests=settings.EV_ENERGY_RESERVED_REQUESTS,
    )


def snapshot() -> BudgetState:
    """The deployment's budget now."""
    return get_budget().snapshot()


def seconds_until_done(*, requests: int, now: datetime) -> float:
    """How long so many bulk requests take from now on, within the deployment's budget; may be infinite."""
    return get_budget().seconds_until_done(requests=requests, now=now)
