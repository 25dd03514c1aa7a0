"""Somebody who gave the right password and not the second factor yet. They are not signed in."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from onboarding_portal.accounts.models import User

GOOD_FOR = timedelta(minutes=10)
_KEY = "second_factor_pending"
_SALT = "onboarding_portal.accounts.two_factor.pending"


def begin(session: SessionBase, *, user: User, backend: str, next_url: str) -> None:
    """The hash ends it when the password changes, the user is switched off, or is signed out everywhere."""
    who = {"user": user.pk, "hash": user.get_session_auth_hash(), "backend": backend, "next": next_url}
    session[_KEY] = signing.dumps(who, salt=_SALT)


def whose(session: SessionBase) -> tuple[User, str, str] | None:
    """Returns the user, the backend that took the password, and where to go on to; None where nobody is awaited."""
    try:
        who: dict[str, Any] = signing.loads(session.get(_KEY, ""), salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=who["user"], is_active=True, is_staff=True).first()
    if user is None or who["hash"] != user.get_session_auth_hash():
        return None
    return user, who["backend"], who["next"]


def end(session: SessionBase) -> None:
    session.pop(_KEY, None)
