"""No more reminders, with one click and without signing in (RFC 8058)."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from onboarding_portal.accounts.models import User
from onboarding_portal.tokens import keyed_hashes

# A right of its own: whoever has a reminder's unsubscribe link cannot reconnect a car with it, nor the other way.
_SALT = "onboarding_portal.reconnects.unsubscribe"


class UnknownToken(Exception):
    """The token was not made by this portal, or its user is gone or has another address."""


def unsubscribe_url(*, owner: User) -> str:
    """The address that stops the owner's reminders.

    It has no end while the owner's address is the same, as old e-mails must be able to stop new ones.
    """
    token = Signer(salt=_SALT).sign(f"{owner.pk}-{_marks_of(owner.email)[0]}")
    return f"{settings.PORTAL_URL}{reverse('reconnects:unsubscribe', args=[token])}"


def owner_of_token(*, token: str) -> User:
    """Whose reminders the token stops. Raises UnknownToken."""
    try:
        number, _dash, mark = Signer(salt=_SALT).unsign(token).partition("-")
        owner = User.objects.get(pk=int(number))
    except (BadSignature, ValueError, User.DoesNotExist):
        raise UnknownToken from None
    # Tokens of the first e-mails named no address.
    if mark and mark not in _marks_of(owner.email):
        raise UnknownToken
    return owner


def _marks_of(email: str) -> list[str]:
    return [each[:16] for each in keyed_hashes(email, salt=_SALT)]


def stop_reminders(*, owner: User) -> None:
    """The owner gets no reminders until they ask for them again."""
    User.objects.filter(pk=owner.pk).update(wants_reminders=False)
