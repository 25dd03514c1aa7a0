"""What may be sent again by itself, by urllib3's Retry.

No idempotency key exists at ev.energy: a POST whose answer was lost may have taken effect. So reads are
repeated after a lost connection or a 5xx; a reconnect link only if the connection never came about; a
new user not at all.
"""

import secrets
from collections.abc import Callable
from enum import Enum
from typing import Any, Self

from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from onboarding_portal.ev_energy.deadline import seconds_left

BACKOFF_SECONDS = 0.2
SHORTEST_ATTEMPT_SECONDS = 0.5
_random = secrets.SystemRandom()
PASSING_FAILURES = frozenset({500, 502, 503, 504})


class Repeat(Enum):
    """When a call may be repeated without anyone asking."""

    READ = "read"
    IF_NEVER_CONNECTED = "if never connected"
    NEVER = "never"


class BoundedRetry(Retry):
    """Never repeats past the deadline, nor a call that may not be sent (`may_repeat` says so each time)."""

    def __init__(self, *args: Any, may_repeat: Callable[[], bool], **kwargs: Any) -> None:
        self._may_repeat = may_repeat
        super().__init__(*args, **kwargs)

    def new(self, **kw: Any) -> Self:
        return super().new(may_repeat=self._may_repeat, **kw)

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        again = super().increment(*args, **kwargs)
        pool: Any = kwargs.get("_pool")
        response, error = kwargs.get("response"), kwargs.get("error")
        # A server that says when to come back is not to be asked before: the caller gets its answer.
        told_to_wait = response is not None and "retry-after" in response.headers
        if told_to_wait or not again.fits_deadline() or not self._may_repeat():
            raise MaxRetryError(pool, "", error or ResponseError("not repeated"))
        return again

    def fits_deadline(self) -> bool:
        return seconds_left(default=60.0) > 2 * self._pause_seconds + SHORTEST_ATTEMPT_SECONDS

    @property
    def _pause_seconds(self) -> float:
        return BACKOFF_SECONDS * 2.0 ** (len(self.history) - 1)

    def get_backoff_time(self) -> float:
        """Seconds, with jitter up to the double. urllib3 itself would repeat the first time at once."""
        return self._pause_seconds + _random.uniform(0, self._pause_seconds) if self.history else 0.0


def retry(*, repeat: Repeat, may_repeat: Callable[[], bool]) -> BoundedRetry:
    """The policy for one call."""
    reads = 2 if repeat is Repeat.READ else 0
    connects = {Repeat.READ: 2, Repeat.IF_NEVER_CONNECTED: 1, Repeat.NEVER: 0}[repeat]
    return BoundedRetry(
        total=max(reads, connects),
        connect=connects,
        read=reads,
        status=reads,
        other=0,
        redirect=0,
        allowed_methods=frozenset({"GET"}),
        status_forcelist=PASSING_FAILURES,
        raise_on_status=False,
        respect_retry_after_header=False,
        may_repeat=may_repeat,
    )
