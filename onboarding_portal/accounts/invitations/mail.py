"""The mail that invites somebody. Its link opens a page; only the code mailed from there opens an account."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from onboarding_portal.accounts.audit import Act, Actor, record
from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import Invitation, User


class AlreadyAccepted(Exception):
    """The invitation was used: its owner signs in like everybody else."""


def send_again(*, invitation: Invitation, by: Actor, now: datetime) -> None:
    """Mails the invitation with a new link; the link before is dead. Raises AlreadyAccepted and MailNotSent."""
    with transaction.atomic():
        token = invitation.renew(now=now)
        if token is None:
            raise AlreadyAccepted
        record(act=Act.INVITED_AGAIN, actor=by, thing=invitation)
    send(invitation=invitation, token=token)


def send(*, invitation: Invitation, token: str, is_known: bool = False, owner: User | None = None) -> None:
    """Mails the link to start from, in other words to an owner who is known. Raises MailNotSent."""
    url = settings.PORTAL_URL + reverse("invitation", args=[token])
    send_mail(
        template="accounts/email/sign_in_link" if is_known else "accounts/email/invitation",
        to=invitation.email,
        context={"invitation_url": url, "invitation": invitation},
        invitation=invitation,
        owner=owner,
    )
