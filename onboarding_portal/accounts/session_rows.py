"""Sessions as a list: since when, with which browser, and of staff from where."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from onboarding_portal.accounts.models import OwnerSession, StaffSession, User

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """`name` is what forms call it by: the key itself would open it."""

    name: str
    began_at: datetime
    seen_at: datetime
    network: str
    browser: str
    is_this: bool


def sessions_of(user: User, *, now: datetime, here: str = "") -> list[SessionRow]:
    """Those that are alive, the latest first. `here` is the key of the one that asks."""
    return [
        SessionRow(
            name=_name(row.pk),
            began_at=row.began_at,
            seen_at=row.seen_at,
            network=getattr(row, "network", ""),
            browser=_in_words(row.browser),
            is_this=row.pk == here,
        )
        for row in _alive(user, now)
    ]


def key_named(name: str, *, user: User, now: datetime) -> str:
    """Returns the key of the user's session of this name; "" if there is none (any more)."""
    return next((row.pk for row in _alive(user, now) if _name(row.pk) == name), "")


def _alive(user: User, now: datetime) -> list[StaffSession] | list[OwnerSession]:
    if not user.is_staff:
        return list(OwnerSession.objects.alive(owner=user, now=now).order_by("-seen_at"))
    stored = Session.objects.filter(pk=OuterRef("pk"))
    return list(StaffSession.objects.alive(now=now).filter(Exists(stored), user=user).order_by("-seen_at"))


def _name(key: str) -> str:
    return salted_hmac("onboarding_portal.accounts.session_name", key, algorithm="sha256").hexdigest()[:32]


def _in_words(agent: str) -> str:
    found = [next((said for part, said in names if part in agent), "") for names in (BROWSERS, SYSTEMS)]
    browser, system = found
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("another program")
