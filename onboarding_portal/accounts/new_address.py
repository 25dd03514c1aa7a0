"""The address an account is opened with is another: who had the old one is told, there."""

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import User


def tell_old_address(*, email: str, owner: User) -> None:
    """Raises MailNotSent. The new address is not named: it is nobody's business who reads the old mailbox."""
    send_mail(template="accounts/email/address_changed", to=email, context={}, owner=owner)
