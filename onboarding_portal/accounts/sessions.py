"""Sessions: owners' last as the settings say; staff's end with the browser, and after half a day at the latest.

Django can do one of the two: a session either has an end, and its cookie outlives the browser, or it ends with the
browser and is good on the server for weeks. Staff's row in the database has its end, their cookie has none.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

STAFF_SESSION_LIFETIME = timedelta(hours=12)
_OF_STAFF = "of_staff"


class SessionStore(db.SessionStore):
    def get_expire_at_browser_close(self) -> bool:
        return is_of_staff(self) or super().get_expire_at_browser_close()


def is_of_staff(session: SessionBase) -> bool:
    """Whether somebody signed in as staff in this session."""
    return bool(session.get(_OF_STAFF))


@receiver(user_logged_in)
def _limit(sender: type, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None and user.is_staff:
        request.session[_OF_STAFF] = True
        request.session.set_expiry(timezone.now() + STAFF_SESSION_LIFETIME)
