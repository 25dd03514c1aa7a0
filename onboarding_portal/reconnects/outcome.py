"""What an owner is told when the way to ev.energy is blocked."""

from dataclasses import dataclass
from http import HTTPStatus

from onboarding_portal.ev_energy.errors import CanComeBack, EvEnergyError, RateLimited

from .failures import ForeignLink, failure_of
from .link import Busy
from .models import Failure, WrongState

_COMES_BACK = frozenset({Failure.UNAVAILABLE, Failure.LIMITED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`kind` picks the words: a Failure, BUSY or ENDED. `minutes` is how long to wait, where that is known."""

    kind: str
    status: int
    can_retry: bool
    minutes: int | None = None


def outcome_of(problem: EvEnergyError | ForeignLink | Busy | WrongState) -> Outcome:
    if isinstance(problem, Busy):
        return Outcome(kind="BUSY", status=HTTPStatus.SERVICE_UNAVAILABLE, can_retry=True)
    if isinstance(problem, WrongState):
        return Outcome(kind="ENDED", status=HTTPStatus.CONFLICT, can_retry=True)
    failure = failure_of(problem)
    can_retry = failure in _COMES_BACK
    status = HTTPStatus.SERVICE_UNAVAILABLE if can_retry else HTTPStatus.BAD_GATEWAY
    return Outcome(kind=failure, status=status, can_retry=can_retry, minutes=_minutes(problem))


def _minutes(problem: EvEnergyError | ForeignLink) -> int | None:
    if not isinstance(problem, CanComeBack) or problem.retry_after is None:
        return None
    # A moment's wait is not worth a number; nobody waits for an hour by the clock either, but it is honest.
    return int(problem.retry_after // 60) + 1 if isinstance(problem, RateLimited) else None
