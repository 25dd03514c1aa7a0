"""Sessions: owners' last as the settings say; staff's end with the browser, and after half a day at the latest.

Django can do one of the two: a session either has an end, and its cookie outlives the browser, or it ends with the
browser and is good on the server for weeks. Staff's row in the database has its end, their cookie has none.

Beside Django's row, which does not say whose it is, each session has one that does, so that they can be listed and
ended one by one: of staff with the network address, of owners without.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
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
_DEVICE = (
    "owner_device"  # what is told of an owner's session: when it began, was last seen, with which browser
)
OWNERS_SEEN_EVERY = timedelta(hours=1)
BROWSER_LENGTH = 200


class SessionStore(db.SessionStore):
    def get_expire_at_browser_close(self) -> bool:
        return is_of_staff(self) or super().get_expire_at_browser_close()

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        if is_of_staff(self) and self.get(SESSION_KEY) and self.get(_BEGAN):
            _keep_row(self)
        elif self.get(SESSION_KEY) and self.get(_DEVICE):
            _keep_owners_row(self)

    def cycle_key(self) -> None:
        former = self.session_key
        super().cycle_key()
        _drop_row(former, was_of_staff=is_of_staff(self), was_owners=bool(self.get(_DEVICE)))

    def flush(self) -> None:
        former, was_of_staff, was_owners = self.session_key, is_of_staff(self), bool(self.get(_DEVICE))
        super().flush()
        _drop_row(former, was_of_staff=was_of_staff, was_owners=was_owners)


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


def note_owners_device(session: SessionBase, *, browser: str, now: datetime) -> None:
    """Says that an owner is there in this session now; writes once an hour at most, and for another browser."""
    device, browser = session.get(_DEVICE), browser[:BROWSER_LENGTH]
    if (
        device
        and device["browser"] == browser
        and now - datetime.fromisoformat(device["seen"]) < OWNERS_SEEN_EVERY
    ):
        return
    began = device["began"] if device else now.isoformat()
    session[_DEVICE] = {"began": began, "seen": now.isoformat(), "browser": browser}


def is_owners(session: SessionBase) -> bool:
    """Whether somebody is signed in in this session, and not as staff."""
    return bool(session.get(SESSION_KEY)) and not is_of_staff(session)


def _drop_row(key: str | None, *, was_of_staff: bool, was_owners: bool) -> None:
    from onboarding_portal.accounts.models import OwnerSession, StaffSession  # noqa: PLC0415  as below

    if was_of_staff:
        StaffSession.objects.filter(pk=key).delete()
    if was_owners:
        OwnerSession.objects.filter(pk=key).delete()


def _keep_owners_row(session: SessionBase) -> None:
    from onboarding_portal.accounts.models import OwnerSession  # noqa: PLC0415  as below

    device = session[_DEVICE]
    OwnerSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user_id": session[SESSION_KEY],
            "auth_hash": session.get(HASH_SESSION_KEY, ""),
            "began_at": datetime.fromisoformat(device["began"]),
            "seen_at": datetime.fromisoformat(device["seen"]),
            "ends_at": session.get_expiry_date(),
            "browser": device["browser"],
        },
    )


def _keep_row(session: SessionBase) -> None:
    # Models cannot be imported before the apps are loaded, and this is a setting.
    from onboarding_portal.accounts.models import StaffSession  # noqa: PLC0415  models are there only once apps are

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
    if request is None:
        return
    now = timezone.now()
    if user.is_staff:
        request.session[_OF_STAFF] = True
        request.session[_BEGAN] = request.session[_SEEN] = now.isoformat()
        request.session.set_expiry(now + STAFF_SESSION_LIFETIME)
    else:  # a fixed end: noting when the device was last seen would move it on and on
        request.session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))


@receiver(user_logged_in)
def _note(sender: type, user: Any, **_more: Any) -> None:
    from onboarding_portal.accounts.models import SignIn  # noqa: PLC0415  as above

    if not user.is_staff:
        SignIn.objects.create(owner=user, at=timezone.now())
