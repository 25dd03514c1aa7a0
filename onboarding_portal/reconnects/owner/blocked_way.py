"""What an owner is told when the way to ev.energy is blocked."""

from dataclasses import dataclass
from http import HTTPStatus

from onboarding_portal.ev_energy.errors import EvEnergyError, RateLimited
from onboarding_portal.reconnects.link.failed_try import ForeignLink, failure_of
from onboarding_portal.reconnects.link.make_link import Busy
from onboarding_portal.reconnects.models import Failure

Blocked = EvEnergyError | ForeignLink | Busy

_STATUSES = {
    Failure.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Failure.LIMITED: HTTPStatus.SERVICE_UNAVAILABLE,
    Failure.NOT_FOUND: HTTPStatus.GONE,
    Failure.CONFLICT: HTTPStatus.CONFLICT,
    Failure.NOT_POSSIBLE: HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedWay:
    """`kind` picks the words: a Failure, or BUSY. `minutes` is how long to wait, where that is known."""

    kind: str
    status: int
    can_retry: bool
    minutes: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the reconnect ended with it, also one that staff asked for."""
        return self.kind in {Failure.NOT_FOUND, Failure.NOT_POSSIBLE}


def blocked_way_of(problem: Blocked) -> BlockedWay:
    if isinstance(problem, Busy):
        return BlockedWay(kind="BUSY", status=HTTPStatus.SERVICE_UNAVAILABLE, can_retry=True)
    failure = failure_of(problem)
    status = _STATUSES.get(failure, HTTPStatus.BAD_GATEWAY)
    return BlockedWay(
        kind=failure,
        status=status,
        can_retry=status == HTTPStatus.SERVICE_UNAVAILABLE,
        minutes=_minutes(problem),
    )


def _minutes(problem: EvEnergyError | ForeignLink) -> int | None:
    if not isinstance(problem, RateLimited) or problem.retry_after is None:
        return None
    return int(problem.retry_after // 60) + 1
