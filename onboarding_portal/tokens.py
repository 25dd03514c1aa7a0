"""Tokens in links that are mailed: who holds the link holds the right."""

from django.utils.crypto import salted_hmac


def hash_token(token: str, *, purpose: str) -> str:
    """Returns what is stored of a token, so that a copy of the database opens nothing. Each purpose has its own."""
    return salted_hmac(f"onboarding_portal.{purpose}", token, algorithm="sha256").hexdigest()
