from onboarding_portal.accounts.models.invitation import Invitation, InvitationQuerySet, InvitationState
from onboarding_portal.accounts.models.mail_pause import MailPause
from onboarding_portal.accounts.models.sent_mail import MailKind, SentMail
from onboarding_portal.accounts.models.user import User, UserManager, UserQuerySet

__all__ = [
    "Invitation",
    "InvitationQuerySet",
    "InvitationState",
    "MailKind",
    "MailPause",
    "SentMail",
    "User",
    "UserManager",
    "UserQuerySet",
]
