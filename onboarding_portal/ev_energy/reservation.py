"""A place in the budget, and what the answer to its request tells of the budget."""

from dataclasses import dataclass

from onboarding_portal.ev_energy.fair_share import Spender
from onboarding_portal.ev_energy.rate_window import Observation
from onboarding_portal.ev_energy.responses import Answer


@dataclass(frozen=True, slots=True)
class Reservation:
    """A request that may be sent. `mark` is None where it could not be written down.

    `used` and `limit` are what the window said then: an answer that says the same is no news.
    """

    mark: int | None
    sent_at: float | None = None
    spender: Spender | None = None
    used: int | None = None
    limit: int | None = None


def is_news(seen: Observation, reservation: Reservation) -> bool:
    """Whether others should know at once: a 429, another limit, or more spent than all of us together know of."""
    if reservation.used is None or seen.is_rate_limited:
        return True
    if seen.limit is not None and seen.limit != reservation.limit:
        return True
    if seen.remaining is None or reservation.limit is None:
        return False
    return reservation.limit - seen.remaining > reservation.used + reservation.limit // 100


def observed(answer: Answer) -> Observation:
    """What an answer says of the limit."""
    if answer.status == 401:
        # The headers then speak of the limit for anonymous callers, not of ours.
        return Observation()
    return Observation(
        limit=answer.limit,
        remaining=answer.remaining,
        is_rate_limited=answer.status == 429,
        retry_after_seconds=answer.retry_after,
    )
