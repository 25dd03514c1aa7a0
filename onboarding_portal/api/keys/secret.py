"""What a key looks like, and what is kept of it.

A key is 256 random bits behind a prefix that scanners for secrets find in repositories and logs. Nobody can guess
so many bits, however fast the hash: SHA-256 alone is right here, where a password, which people choose, needs a slow
one. It is not keyed with SECRET_KEY either: a new SECRET_KEY must not lock the company's systems out.
"""

import hashlib
import secrets
import string

PREFIX = "evportal_live_"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 43  # 62^43 > 2^256


def make_secret() -> str:
    """Returns a new key, which is shown once and stored nowhere."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def hash_secret(secret: str) -> str:
    """Returns what is stored of a key."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def looks_like_a_key(text: str) -> bool:
    return text.startswith(PREFIX) and len(text) == len(PREFIX) + _LENGTH and text.isascii()
