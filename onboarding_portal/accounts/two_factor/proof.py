"""Is a second factor asked of somebody, and has this session given it?

STAFF_TWO_FACTOR: "required" asks everybody and has those without one set one up first, "optional" asks those who have
one, "off" asks nobody, for a portal whose staff sign in elsewhere.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from onboarding_portal.accounts.models import SecondFactor, User
from onboarding_portal.accounts.sessions import began_at

PROVEN = "second_factor_given"
# How long after signing in somebody may change what they sign in with: later, the browser may be found open.
FRESH_FOR = timedelta(minutes=15)


def is_asked_of(user: User) -> bool:
    """Whether this user has a second factor to give."""
    return settings.STAFF_TWO_FACTOR != "off" and SecondFactor.objects.filter(user=user).that_count().exists()


def note(session: SessionBase) -> None:
    session[PROVEN] = True


def is_enough(session: SessionBase) -> bool:
    """Whether this session may open staff's pages. No query.

    A session without the proof, where it is optional, is of somebody without a second factor: whoever adds their
    first one ends all their other sessions.
    """
    return settings.STAFF_TWO_FACTOR != "required" or bool(session.get(PROVEN))


def is_fresh(session: SessionBase, *, now: datetime) -> bool:
    """Whether somebody signed in a moment ago."""
    began = began_at(session)
    return began is not None and now - began < FRESH_FOR
