"""A browser in which an owner was handed over: it is signed in for this journey, and for nothing else.

The browser's session does not hold a sign-in. It names the hand-over, and on the pages of its journey alone the
middleware puts the owner in the place of who is signed in. Everywhere else the visitor is nobody: such pages ask for
a sign-in with a code, as they ask everybody. So a page that is forgotten in the list of the journey's pages is
closed, not open.
"""

from contextvars import ContextVar
from datetime import datetime

from django.contrib.auth import logout
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare

from onboarding_portal.accounts.models import User
from onboarding_portal.api.models import HandOver, Journey
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.reconnects.models import Reconnect

_MARK, _WHOSE = "hand_over", "hand_over_whose"

_current: ContextVar[HandOver | None] = ContextVar("hand_over", default=None)


def begin(request: HttpRequest, hand_over: HandOver, *, now: datetime) -> None:
    """Marks the browser's session, which gets a new key: who planted the one before has nothing of this.

    Whoever else was signed in is signed out.
    """
    owner = hand_over.owner
    if request.user.is_authenticated and request.user.pk == owner.pk:
        request.session.cycle_key()
    else:
        logout(request)
        request.session.set_expiry((hand_over.journey_ends_at or now) - now)
    request.session[_MARK] = str(hand_over.pk)
    request.session[_WHOSE] = owner.get_session_auth_hash()
    rotate_token(request)


def marked(request: HttpRequest) -> str:
    """Which hand-over the browser's session names; "" if none. No query without a session."""
    return str(request.session.get(_MARK, ""))


def is_whole(request: HttpRequest, hand_over: HandOver) -> bool:
    """Whether the owner's sessions have not been ended since, as by a new address."""
    return constant_time_compare(
        request.session.get(_WHOSE, ""), hand_over.owner.get_session_auth_hash()
    ) or any(
        constant_time_compare(request.session.get(_WHOSE, ""), former)
        for former in hand_over.owner.get_session_auth_fallback_hash()
    )


def end(request: HttpRequest) -> None:
    """Forgets the hand-over; whoever is really signed in stays so."""
    is_signed_in = isinstance(request.user, User) and not is_stand_in(request)
    if not is_signed_in:
        request.session.flush()
        return
    for name in (_MARK, _WHOSE):
        request.session.pop(name, None)


def is_stand_in(request: HttpRequest) -> bool:
    """Whether the owner is only there for the journey, and not signed in."""
    return bool(getattr(request, "is_handed_over", False))


# What the owner does meanwhile is noted at the hand-over


def set_current(hand_over: HandOver | None) -> None:
    _current.set(hand_over)


def note_attempt(attempt: Attempt, **_more: object) -> None:
    hand_over = _current.get()
    if hand_over and hand_over.journey == Journey.CONNECT and hand_over.owner_id == attempt.owner_id:
        hand_over.attempts.add(attempt)


def note_reconnect(reconnect: Reconnect, **_more: object) -> None:
    hand_over = _current.get()
    if hand_over and hand_over.journey == Journey.RECONNECT and hand_over.vehicle_id == reconnect.vehicle_id:
        hand_over.reconnects.add(reconnect)
