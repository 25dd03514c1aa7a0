"""The budget at one moment, for people to look at."""

from dataclasses import dataclass
from datetime import UTC, datetime

from onboarding_portal.ev_energy.rate_window import Window


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


def budget_state(
    window: Window, *, is_known: bool, reserve: int, kept_from_staff: int, kept_from_bulk: int, now: float
) -> BudgetState:
    """What `window` says; `kept_from_…` is what the rank leaves to those above, in requests."""
    used = window.used(now=now)
    remaining = max(0, window.limit - used)
    next_free_at = window.next_free_at(now=now)
    return BudgetState(
        is_known=is_known,
        limit=window.limit,
        used=used,
        remaining=remaining,
        reserve=reserve,
        staff_reserve=kept_from_bulk - kept_from_staff,
        available_for_staff=max(0, remaining - kept_from_staff),
        available_for_bulk=max(0, remaining - kept_from_bulk),
        next_free_at=None if next_free_at is None else datetime.fromtimestamp(next_free_at, tz=UTC),
        blocked_until=(
            datetime.fromtimestamp(window.blocked_until, tz=UTC) if window.blocked_until > now else None
        ),
        rate_limited_count=window.rate_limited_count,
    )
