"""What a failed try does to its reconnect: a reason in the row, and another try or an end."""

import math
from datetime import datetime, timedelta

from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.errors import (
    BadResponse,
    EvEnergyError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from onboarding_portal.reconnects.models import DETAIL_LENGTH, Failure, Origin, Reconnect, State
from onboarding_portal.reconnects.timetable import LONGEST_PAUSE_OF_MAIL, PAUSES, PAUSES_OF_A_PRESS
from onboarding_portal.storable import storable


class ForeignLink(Exception):
    """The link does not lead to ev.energy. Nobody is sent there, and it is not stored."""


Problem = EvEnergyError | ForeignLink | MailNotSent

_CODES: dict[type[Exception], Failure] = {
    Unavailable: Failure.UNAVAILABLE,
    RateLimited: Failure.LIMITED,
    NotFound: Failure.NOT_FOUND,
    Unauthorized: Failure.REFUSED,
    Forbidden: Failure.REFUSED,
    Invalid: Failure.REFUSED,
    BadResponse: Failure.BROKEN_ANSWER,
    ForeignLink: Failure.FOREIGN_LINK,
    MailNotSent: Failure.MAIL,
}
_STATUSES = {409: Failure.CONFLICT, 422: Failure.NOT_POSSIBLE}
_NOT_INTEGRATED = "vehicle-not-integrated"
# The same request would be refused for as long as the vehicle is what it is.
_FOR_GOOD = frozenset({Failure.NOT_FOUND, Failure.NOT_POSSIBLE})

# Trying again can help. A refused token may be a key change in progress, a broken answer a proxy's hiccup.
_PASSES = (Unavailable, RateLimited, Unauthorized, BadResponse, MailNotSent)


def failure_of(problem: Problem) -> Failure:
    if isinstance(problem, Invalid):
        if problem.problem_type.rstrip("/").endswith(_NOT_INTEGRATED):
            return Failure.NOT_POSSIBLE
        return _STATUSES.get(problem.status or 0, Failure.REFUSED)
    return next(code for kind, code in _CODES.items() if isinstance(problem, kind))


def detail_of(problem: Problem) -> str:
    """ev.energy's own reason where it gave one, for staff; it may hold an e-mail address, so never for logs."""
    if not isinstance(problem, EvEnergyError):
        return str(problem)[:DETAIL_LENGTH]
    words = ": ".join(part for part in (problem.title, problem.detail) if part)
    return storable(words or str(problem))[:DETAIL_LENGTH]


def release_after_failure(*, reconnect: Reconnect, lease: datetime, problem: Problem, now: datetime) -> None:
    """After a worker's try: another one later, or FAILED. Being limited is no fault of the row's and costs no try."""
    rows = Reconnect.objects.filter(pk=reconnect.pk)
    if isinstance(problem, RateLimited):
        rows.release(lease=lease)
    elif isinstance(problem, _PASSES) and reconnect.tries < tries_allowed(problem):
        rows.release(
            lease=lease,
            tries=min(reconnect.tries + 1, len(PAUSES)),
            next_work_at=now + pause_after(problem, tries=reconnect.tries),
            failure=failure_of(problem),
            failure_detail=detail_of(problem),
        )
    else:
        _end(reconnect, lease=lease, problem=problem, now=now, by=None)


def tries_allowed(problem: Problem) -> float:
    """A mail server that takes nothing from anybody is no fault of this one e-mail: it goes out when that is over."""
    is_for_all = isinstance(problem, MailNotSent) and not problem.is_about_address
    return math.inf if is_for_all else len(PAUSES)


def pause_after(problem: Problem, *, tries: int) -> timedelta:
    longest = LONGEST_PAUSE_OF_MAIL if tries_allowed(problem) == math.inf else PAUSES[-1]
    return min(PAUSES[min(tries, len(PAUSES) - 1)], longest)


def release_for_owner(
    *, reconnect: Reconnect, lease: datetime, problem: Problem, now: datetime, by: User | None
) -> None:
    """After a try for an owner in front of a screen, who is told at once and decides whether to try again.

    Their own click has failed then. What staff asked for stays open, unless ev.energy knows no such vehicle or
    cannot reconnect it.
    """
    is_own_click = reconnect.state == State.QUEUED and reconnect.origin == Origin.OWNER
    if is_own_click or failure_of(problem) in _FOR_GOOD:
        _end(reconnect, lease=lease, problem=problem, now=now, by=by)
    else:
        Reconnect.objects.filter(pk=reconnect.pk).release(
            lease=lease, failure=failure_of(problem), failure_detail=detail_of(problem)
        )


def release_unprepared(*, reconnect: Reconnect, lease: datetime, problem: Problem, now: datetime) -> None:
    """After a worker's try for an owner who looked at a page: another one soon, or as `release_for_owner`."""
    rows = Reconnect.objects.filter(pk=reconnect.pk)
    if isinstance(problem, _PASSES) and reconnect.tries < len(PAUSES_OF_A_PRESS):
        rows.release(
            lease=lease,
            tries=reconnect.tries + 1,
            link_wanted_at=now + PAUSES_OF_A_PRESS[reconnect.tries],
            failure=failure_of(problem),
            failure_detail=detail_of(problem),
        )
        return
    release_for_owner(reconnect=reconnect, lease=lease, problem=problem, now=now, by=None)
    rows.update(link_wanted_at=None)


def end_without_need(*, reconnect: Reconnect, lease: datetime, now: datetime) -> None:
    """There is nothing to repair, or nothing to sign in to any more."""
    reconnect.try_move(
        State.FAILED, now=now, lease=lease, note="Nothing to repair", failure=Failure.NOT_CONNECTABLE
    )


def _end(reconnect: Reconnect, *, lease: datetime, problem: Problem, now: datetime, by: User | None) -> None:
    reconnect.try_move(
        State.FAILED,
        now=now,
        by=by,
        lease=lease,
        note=str(failure_of(problem)),
        failure=failure_of(problem),
        failure_detail=detail_of(problem),
    )
