"""Whoever's sign-in changed is told by mail: it may not have been them."""

import logging

from django.utils.functional import Promise

from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import User

logger = logging.getLogger("onboarding_portal.accounts")


def tell(*, user: User, what: str | Promise) -> bool:
    """Whether the mail server took it. What has happened stays so either way."""
    try:
        send_mail(template="accounts/email/staff_notice", to=user.email, context={"what": what}, owner=user)
    except MailNotSent:
        logger.warning("A colleague could not be told of a change of their sign-in")
        return False
    return True
