from onboarding_portal.accounts.models.audit_act import Act
from onboarding_portal.accounts.models.audit_entry import ActorKind, AuditEntry, AuditSubject
from onboarding_portal.accounts.models.colleague import Colleague, StaffIdentity
from onboarding_portal.accounts.models.erasure import Erasure
from onboarding_portal.accounts.models.invitation import Invitation, InvitationQuerySet, InvitationState
from onboarding_portal.accounts.models.invitation_import import InvitationImport, InvitationImportRow, RowKind
from onboarding_portal.accounts.models.mail_minute import MailMinute, WaitsFor
from onboarding_portal.accounts.models.mail_pause import MailPause
from onboarding_portal.accounts.models.merged_account import MergedAccount
from onboarding_portal.accounts.models.owner_session import OwnerSession
from onboarding_portal.accounts.models.ready_made_group import ReadyMadeGroup
from onboarding_portal.accounts.models.second_factor import FactorKind, SecondFactor
from onboarding_portal.accounts.models.sent_mail import MailKind, SentMail
from onboarding_portal.accounts.models.sign_in import SignIn
from onboarding_portal.accounts.models.staff_session import StaffSession
from onboarding_portal.accounts.models.user import User, UserManager, UserQuerySet

__all__ = [
    "Act",
    "ActorKind",
    "AuditEntry",
    "AuditSubject",
    "Colleague",
    "Erasure",
    "FactorKind",
    "Invitation",
    "InvitationImport",
    "InvitationImportRow",
    "InvitationQuerySet",
    "InvitationState",
    "MailKind",
    "MailMinute",
    "MailPause",
    "MergedAccount",
    "OwnerSession",
    "ReadyMadeGroup",
    "RowKind",
    "SecondFactor",
    "SentMail",
    "SignIn",
    "StaffIdentity",
    "StaffSession",
    "User",
    "UserManager",
    "UserQuerySet",
    "WaitsFor",
]
