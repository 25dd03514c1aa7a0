"""What staff may see and do with users, groups, invitations and locked sign-ins."""

from onboarding_portal.accounts.admin.audit import AuditEntryAdmin
from onboarding_portal.accounts.admin.colleagues import ColleagueAdmin
from onboarding_portal.accounts.admin.groups import GroupAdmin
from onboarding_portal.accounts.admin.invitation_files import InvitationImportAdmin
from onboarding_portal.accounts.admin.invitations import InvitationAdmin
from onboarding_portal.accounts.admin.users import UserAdmin
from onboarding_portal.accounts.admin.wrong_passwords import AccessAttemptAdmin

__all__ = [
    "AccessAttemptAdmin",
    "AuditEntryAdmin",
    "ColleagueAdmin",
    "GroupAdmin",
    "InvitationAdmin",
    "InvitationImportAdmin",
    "UserAdmin",
]
