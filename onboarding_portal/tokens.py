"""Tokens in links that are mailed: who holds the link holds the right. And what else is kept as a keyed hash only.

A hash stays good while its key is SECRET_KEY or among SECRET_KEY_FALLBACKS; new ones are made with SECRET_KEY.
"""

from django.conf import settings
from django.utils.crypto import salted_hmac


def hash_token(token: str, *, purpose: str) -> str:
    """Returns what is stored of a token, so that a copy of the database opens nothing. Each purpose has its own."""
    return keyed_hashes(token, salt=f"onboarding_portal.{purpose}")[0]


def token_hashes(token: str, *, purpose: str) -> list[str]:
    """Returns all that may be stored of the token: under the key in force, and under former ones."""
    return keyed_hashes(token, salt=f"onboarding_portal.{purpose}")


def keyed_hashes(value: str, *, salt: str) -> list[str]:
    """Returns the value's hash under each key, the one in force first."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(salt, value, secret=key, algorithm="sha256").hexdigest() for key in keys]
