"""Counts how often a password was hashed, and hashes fast."""

from typing import Any

from onboarding_portal.accounts.hashing import BoundedPasswordHasher

counted: list[str] = []


class CountingHasher(BoundedPasswordHasher):
    iterations = 2

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        counted.append("hash")
        return super().encode(password, salt, iterations)


def count_hashes(settings: Any) -> list[str]:
    """The list grows by one with each hash from now on."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    counted.clear()
    return counted
