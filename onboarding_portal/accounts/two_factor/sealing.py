"""Secrets that have to be read again are sealed under SECRET_KEY: a copy of the database opens nothing.

What former keys sealed is read while they are among SECRET_KEY_FALLBACKS.
"""

import base64
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_SALT = "onboarding_portal.accounts.two_factor"


class CannotBeOpened(Exception):
    """Sealed under a key that is neither in force nor among the former ones."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises CannotBeOpened."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415  owners' pages do without

    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotBeOpened from None


def _box() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415  owners' pages do without

    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [salted_hmac(_SALT, "seal", secret=secret, algorithm="sha256").digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
