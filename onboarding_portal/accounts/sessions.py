"""Sessions: owners' last as the settings say; staff's end with the browser, and after half a day at the latest.

Django can do one of the two: a session either has an end, and its cookie outlives the browser, or it ends with the
browser and is good on the server for weeks. Staff's row in the database has its end, their cookie has none.

Beside Django's row, which does not say whose it is, each session of staff has one that does, so that they can be
listed and ended one by one.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

STAFF_SESSION_LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
_OF_STAFF, _BEGAN, _SEEN = "of_staff", "staff_began", "staff_seen"
_NETWORK, _BROWSER = "staff_network", "staff_browser"


class SessionStore(db.SessionStore):
    def get_expire_at_browser_close(self) -> bool:
        return is_of_staff(self) or super().get_expire_at_browser_close()

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        if is_of_staff(self) and self.get(SESSION_KEY) and self.get(_BEGAN):
            _keep_row(self)

    def cycle_key(self) -> None:
        former = self.session_key
        super().cycle_key()
        if is_of_staff(self):
            _drop_row(former)

    def flush(self) -> None:
        former, was_of_staff = self.session_key, is_of_staff(self)
        super().flush()
        if was_of_staff:
            _drop_row(former)


def is_of_staff(session: SessionBase) -> bool:
    """Whether somebody signed in as staff in this session."""
    return bool(session.get(_OF_STAFF))


def began_at(session: SessionBase) -> datetime | None:
    """When somebody signed in as staff in this session; None if nobody did."""
    began = session.get(_BEGAN)
    return datetime.fromisoformat(began) if began else None


def note_whence(session: SessionBase, *, network: str, browser: str) -> None:
    session[_NETWORK], session[_BROWSER] = network, browser


def note_seen(session: SessionBase, *, now: datetime) -> None:
    """Writes every few minutes at most."""
    seen = session.get(_SEEN)
    if seen and now - datetime.fromisoformat(seen) > SEEN_EVERY:
        session[_SEEN] = now.isoformat()


def _drop_row(key: str | None) -> None:
    from onboarding_portal.accounts.models import StaffSession  # noqa: PLC0415  as below

    StaffSession.objects.filter(pk=key).delete()


def _keep_row(session: SessionBase) -> None:
    # Models cannot be imported before the apps are loaded, and this is a setting.
    from onboarding_portal.accounts.models import StaffSession  # noqa: PLC0415

    StaffSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user_id": session[SESSION_KEY],
            "began_at": session[_BEGAN],
            "seen_at": session[_SEEN],
            "ends_at": session.get_expiry_date(),
            "network": session.get(_NETWORK, ""),
            "browser": session.get(_BROWSER, ""),
        },
    )


@receiver(user_logged_in)
def _limit(sender: type, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None and user.is_staff:
        now = timezone.now()
        request.session[_OF_STAFF] = True
        request.session[_BEGAN] = request.session[_SEEN] = now.isoformat()
        request.session.set_expiry(now + STAFF_SESSION_LIFETIME)


@receiver(user_logged_in)
def _note(sender: type, user: Any, **_more: Any) -> None:
    from onboarding_portal.accounts.models import SignIn  # noqa: PLC0415  as above

    if not user.is_staff:
        SignIn.objects.create(owner=user, at=timezone.now())
