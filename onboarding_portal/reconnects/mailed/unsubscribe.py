"""No more reminders, with one click and without signing in (RFC 8058)."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from onboarding_portal.accounts.models import User

# A right of its own: whoever has a reminder's unsubscribe link cannot reconnect a car with it, nor the other way.
_SALT = "onboarding_portal.reconnects.unsubscribe"


class UnknownToken(Exception):
    """The token was not made by this portal, or its user is gone."""


def unsubscribe_url(*, owner: User) -> str:
    """The address that stops the owner's reminders; it has no end, as old e-mails must be able to stop new ones."""
    token = Signer(salt=_SALT).sign(str(owner.pk))
    return f"{settings.PORTAL_URL}{reverse('reconnects:unsubscribe', args=[token])}"


def owner_of_token(*, token: str) -> User:
    """Whose reminders the token stops. Raises UnknownToken."""
    try:
        return User.objects.get(pk=int(Signer(salt=_SALT).unsign(token)))
    except (BadSignature, ValueError, User.DoesNotExist):
        raise UnknownToken from None


def stop_reminders(*, owner: User) -> None:
    """The owner gets no reminders until they ask for them again."""
    User.objects.filter(pk=owner.pk).update(wants_reminders=False)
