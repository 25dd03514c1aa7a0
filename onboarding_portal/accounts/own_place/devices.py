"""The browsers an owner is signed in with, and how they are signed out."""

from datetime import datetime

from django.db import transaction

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import OwnerSession, User
from onboarding_portal.accounts.session_rows import key_named


def sign_out_one(*, owner: User, name: str, now: datetime) -> str:
    """Ends the session of this name; returns its key, "" if there is none (any more)."""
    with transaction.atomic():
        key = key_named(name, user=owner, now=now)
        if key:
            OwnerSession.objects.filter(pk=key, user=owner).end()
            record(act=Act.SESSION_ENDED, actor=owner, about=about(owner))
    return key


def sign_out_everywhere(*, owner: User) -> None:
    """This browser is among them."""
    with transaction.atomic():
        owner.end_sessions()
        OwnerSession.objects.filter(user=owner).end()
        record(act=Act.SIGNED_OUT_EVERYWHERE, actor=owner, about=about(owner))
