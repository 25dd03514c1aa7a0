"""A rate limit as ev.energy keeps it: so many requests in a rolling window, told in headers, 429 beyond."""

import threading
from collections import deque
from dataclasses import dataclass, field

from onboarding_portal.ev_energy.responses import Answer


@dataclass
class RollingLimit:
    """Times are whatever clock the caller has, in seconds."""

    limit: int
    window_seconds: float
    taken: deque[float] = field(default_factory=deque)
    rate_limited: int = 0
    served: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, *, now: float) -> Answer:
        with self.lock:
            while self.taken and self.taken[0] <= now - self.window_seconds:
                self.taken.popleft()
            if len(self.taken) >= self.limit:
                self.rate_limited += 1
                wait = self.taken[0] + self.window_seconds - now
                return answer(status=429, limit=self.limit, remaining=0, retry_after=wait, now=now)
            self.taken.append(now)
            self.served.append(now)
            return answer(limit=self.limit, remaining=self.limit - len(self.taken), now=now)


def answer(
    *,
    status: int = 200,
    limit: int | None = 1000,
    remaining: int | None = None,
    retry_after: float | None = None,
    now: float = 0.0,
) -> Answer:
    headers = {
        "x-ratelimit-limit": limit,
        "x-ratelimit-remaining": remaining,
        "retry-after": retry_after,
    }
    return Answer(
        status=status,
        headers={name: str(value) for name, value in headers.items() if value is not None},
        body=b"",
        received_at=now,
    )
