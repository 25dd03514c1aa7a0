"""The mailed link of an invitation in place of a code, where the company allows it (INVITATION_PROVES_MAILBOX).

Whoever has the link has seen the mailbox, or somebody who has forwarded it; a program that checks mail has seen it,
too. So opening it signs nobody in: a button has to be pressed on the page, with that page's own token against forged
forms. It works once, and only for some minutes after the link was first opened, by whomever; and only into an account
that is new and empty. In all other cases a code is mailed, as without the setting.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest

from onboarding_portal.accounts.models import Invitation, SentMail, User
from onboarding_portal.accounts.sign_in.mailed_code import owner_to_let_in

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# From the first opening on.
GOOD_FOR = timedelta(minutes=30)


def note_opened(invitation: Invitation, *, now: datetime) -> None:
    """Starts the time in which the link is good for more than a code; later openings do not start it again."""
    if settings.INVITATION_PROVES_MAILBOX and invitation.opened_at is None:
        Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=now)
        invitation.refresh_from_db(fields=["opened_at"])


def proves(invitation: Invitation, *, now: datetime) -> bool:
    """Whether pressing the button now signs in without a code."""
    if not settings.INVITATION_PROVES_MAILBOX or invitation.accepted_at is not None:
        return False
    is_fresh = invitation.opened_at is not None and now - invitation.opened_at < GOOD_FOR
    return is_fresh and _is_new_and_empty(User.objects.with_email(invitation.email).first())


def _is_new_and_empty(user: User | None) -> bool:
    if user is None:
        return True
    never_in = user.last_login is None and user.ev_energy_user_id is None
    return never_in and User.objects.owners().filter(pk=user.pk, is_active=True, vehicles=None).exists()


def sign_in(request: HttpRequest, invitation: Invitation, *, now: datetime) -> bool:
    """Signs the invited person in, in a session with a new key. False if the link is not good for it any more."""
    with transaction.atomic():
        # Of two presses at once the second finds it used.
        locked = Invitation.objects.select_for_update().open(now=now).filter(pk=invitation.pk).first()
        if locked is None or not proves(locked, now=now):
            return False
        user = owner_to_let_in(email=locked.email, now=now)
        if user is None or not Invitation.objects.accept(user=user, now=now):
            return False
        SentMail.objects.note_acceptance(user=user, email=user.email)
        user.refresh_from_db()
        user.note_first_sign_in(now=now)
        login(request, user, backend=BACKEND)
    return True
