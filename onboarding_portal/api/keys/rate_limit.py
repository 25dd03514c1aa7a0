"""How many requests a key may make in a minute; counted in the cache, which all processes share.

Minutes are whole ones. The database's cache counts by reading and writing, so that two calls in the very same moment
may count as one; Redis and Memcached count exactly. While the cache is down nobody is refused.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from onboarding_portal.unreachable import is_unreachable

REQUESTS_A_MINUTE = 600
_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a key's minute."""

    limit: int
    used: int
    resets_in_seconds: int

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Policy": f'"key";q={self.limit};w={_SECONDS}',
            "RateLimit": f'"key";r={left};t={self.resets_in_seconds}',
        }


def count_request(*, key_id: int, now: datetime) -> Allowance:
    """Counts one request of the key."""
    minute, second = divmod(int(now.timestamp()), _SECONDS)
    return Allowance(
        limit=REQUESTS_A_MINUTE,
        used=_count(f"api-requests:{key_id}:{minute}"),
        resets_in_seconds=_SECONDS - second,
    )


def _count(name: str) -> int:
    try:
        if cache.add(name, 1, timeout=2 * _SECONDS):
            return 1
        return int(cache.incr(name))
    except ValueError:  # it ended between the two
        return 1
    except Exception as error:
        if is_unreachable(error):
            return 0
        raise
