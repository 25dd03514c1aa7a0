from onboarding_portal.accounts.models.invitation import Invitation, InvitationQuerySet, InvitationState
from onboarding_portal.accounts.models.user import User, UserManager, UserQuerySet

__all__ = ["Invitation", "InvitationQuerySet", "InvitationState", "User", "UserManager", "UserQuerySet"]
