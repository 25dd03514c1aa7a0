"""How owners sign in, and who is signed in."""

from allauth.account.auth_backends import AuthenticationBackend

from onboarding_portal.accounts.models import User
from onboarding_portal.by_key import by_key


class CodeBackend(AuthenticationBackend):
    """allauth's, with the user read the short way: every page of an owner begins with it."""

    def get_user(self, user_id: int) -> User | None:
        user = by_key(User, user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
