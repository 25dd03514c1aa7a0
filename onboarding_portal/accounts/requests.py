"""The owner behind a request, typed."""

from django.http import HttpRequest

from onboarding_portal.accounts.models import User


def owner_of(request: HttpRequest) -> User:
    """Returns the signed-in user. Only for views behind `login_required`; TypeError elsewhere."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("This view needs login_required.")
    return user
