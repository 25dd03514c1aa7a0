"""The person behind a request, typed."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from onboarding_portal.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Returns who is signed in, owner or staff. Raises PermissionDenied where nobody is; views see to that before."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
