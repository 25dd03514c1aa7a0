"""Requests in a true rolling window, counted for each application (or address, where there is no token)."""

import math
import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Allowance:
    is_allowed: bool
    limit: int
    remaining: int
    retry_after_seconds: int


class RollingWindow:
    """Thread-safe. Times are a monotonic clock's seconds, so a changed wall clock opens no window."""

    def __init__(self) -> None:
        self._spent: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def spend(self, *, who: str, limit: int, window_seconds: float, now: float) -> Allowance:
        """Takes one request from what is left. A refused request costs nothing."""
        with self._lock:
            spent = self._spent.setdefault(who, deque())
            while spent and spent[0] <= now - window_seconds:
                spent.popleft()
            if len(spent) < limit:
                spent.append(now)
                return Allowance(
                    is_allowed=True, limit=limit, remaining=limit - len(spent), retry_after_seconds=0
                )
            # With a limit lowered in between, several must leave the window before there is room.
            leaves_at = spent[len(spent) - limit] + window_seconds if limit else now + window_seconds
            wait = max(1, math.ceil(leaves_at - now))
            return Allowance(is_allowed=False, limit=limit, remaining=0, retry_after_seconds=wait)

    def remaining(self, *, who: str, limit: int, window_seconds: float, now: float) -> int:
        """What is left, without taking any of it."""
        with self._lock:
            spent = self._spent.get(who, ())
            return max(0, limit - sum(1 for moment in spent if moment > now - window_seconds))

    def forget(self) -> None:
        with self._lock:
            self._spent.clear()
