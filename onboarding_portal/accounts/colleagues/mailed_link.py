"""Links with which staff set a password. Nothing is stored of one: it says whose it is, and dies with what it knew.

It is signed together with a keyed hash of the password, the address, the latest sign-in and what ends sessions. So it
works once, and no longer than until any of these changes.
"""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse

from onboarding_portal.accounts.models import User
from onboarding_portal.tokens import keyed_hashes

_SALT = "onboarding_portal.accounts.colleagues.link"


class Purpose(StrEnum):
    BEGIN = "begin"
    FORGOTTEN = "forgotten"


GOOD_FOR = {Purpose.BEGIN: timedelta(days=7), Purpose.FORGOTTEN: timedelta(hours=1)}


def make(*, user: User, purpose: Purpose) -> str:
    """Returns the address to mail."""
    token = signing.dumps([user.pk, _hashes(user)[0]], salt=f"{_SALT}.{purpose}")
    return settings.PORTAL_URL + reverse("admin:set_password", args=[f"{purpose}:{token}"])


def whose(token: str) -> User | None:
    """Returns whose password the link sets; None if it is none, too old, used, or overtaken by a change."""
    purpose, _colon, signed = token.partition(":")
    if purpose not in set(Purpose):
        return None
    try:
        pk, known = signing.loads(signed, salt=f"{_SALT}.{purpose}", max_age=GOOD_FOR[Purpose(purpose)])
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=pk, is_staff=True, is_active=True).first()
    return user if user is not None and known in _hashes(user) else None


def _hashes(user: User) -> list[str]:
    knows = f"{user.pk} {user.password} {user.email} {user.session_nonce} {user.last_login}"
    return keyed_hashes(knows, salt=_SALT)
