"""The window and the owners' shares as one value in the cache, behind a lock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.fair_share import Shares
from onboarding_portal.ev_energy.in_hand import Left
from onboarding_portal.ev_energy.rate_window import FLIGHT_SECONDS, Window

_WINDOW_FIELDS = [field.name for field in fields(Window)]
_SHARES_FIELDS = [field.name for field in fields(Shares)]


@dataclass(slots=True)
class Ledger:
    """All that is known of the last window."""

    window: Window
    shares: Shares

    def enter(self, left: Left) -> None:
        """Writes down what a process had in hand."""
        for mark in left.unused:
            self.window.give_back(mark)
        for settlement in left.settlements:
            self.window.settle(
                settlement.mark, seen=settlement.seen, sent_at=settlement.sent_at, now=settlement.at
            )
            if settlement.was_in_vain and settlement.spender is not None:
                self.shares.count_in_vain(settlement.spender, now=settlement.at)


class WindowStore:
    """Under one cache key. Every method raises CacheDown."""

    def __init__(
        self, *, key: str, window_seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._key = key
        self._seconds = window_seconds
        self._sleep = sleep

    @contextmanager
    def locked(self, *, wait_seconds: float) -> Iterator[Ledger | None]:
        """The ledger, ours alone until the end of the block; None if the lock could not be had in time."""
        with shared_cache.lock(f"{self._key}:lock", wait_seconds=wait_seconds, sleep=self._sleep) as held:
            yield self.read() if held else None

    def read(self) -> Ledger:
        stored = shared_cache.read(self._key)
        if not isinstance(stored, dict):
            return self.empty()
        # Another release, there for the moment in which one replaces the other, may know of more, or of less.
        known = {name: stored[name] for name in _WINDOW_FIELDS if name in stored}
        counted = {name: stored[name] for name in _SHARES_FIELDS if name in stored}
        return Ledger(
            window=Window(**{**known, "seconds": self._seconds}),
            shares=Shares(**{**counted, "seconds": self._seconds}),
        )

    def empty(self) -> Ledger:
        return Ledger(window=Window(seconds=self._seconds), shares=Shares(seconds=self._seconds))

    def write(self, ledger: Ledger) -> None:
        # A plain dict: a class would tie what one release wrote to the code of the next.
        plain = {name: getattr(ledger.window, name) for name in _WINDOW_FIELDS}
        plain |= {name: getattr(ledger.shares, name) for name in _SHARES_FIELDS}
        shared_cache.write(self._key, plain, seconds=2 * self._seconds + FLIGHT_SECONDS)
