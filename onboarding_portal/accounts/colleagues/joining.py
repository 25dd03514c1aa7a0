"""A new colleague: invited by mail into a group, with a link to set a password."""

from django.contrib.auth.models import Group
from django.db import transaction

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.colleagues.mailed_link import Purpose, make
from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import User


def add(*, email: str, name: str, group: Group) -> User:
    """Returns the new colleague, who cannot sign in before a password is set. Raises IntegrityError: taken."""
    colleague = User.objects.create_user(email=email, name=name, is_staff=True)
    colleague.groups.add(group)
    return colleague


def send_link(*, colleague: User, by: User) -> None:
    """Mails the link to begin with; those before it are dead. Raises MailNotSent: it can be sent again then."""
    with transaction.atomic():
        colleague.end_sessions()
        record(act=Act.PASSWORD_LINK_SENT, actor=by, about=about(colleague))
    mail_link(colleague=colleague, by=by)


def mail_link(*, colleague: User, by: User) -> None:
    """Raises MailNotSent."""
    send_mail(
        template="accounts/email/colleague_invited",
        to=colleague.email,
        context={"url": make(user=colleague, purpose=Purpose.BEGIN), "by": by.email},
        owner=colleague,
    )
