"""Ids of ev.energy's shape, and hashes to derive things from, the same on every start."""

import hashlib
import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID = re.compile(r"[a-z]{4}[A-Z\d]{26}")


def number(*parts: object) -> int:
    """A 128-bit number that depends on the parts alone."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())


def share(*parts: object) -> float:
    """A number from 0 up to 1 that depends on the parts alone."""
    return (number(*parts) >> 64) / 2**64


def stable_id(prefix: str, *parts: object) -> str:
    """An id such as `vmak01…`: four letters and 26 characters, derived from the parts."""
    value = number(prefix, *parts)
    letters = [ALPHABET[(value >> (5 * place)) & 31] for place in range(24)]
    return f"{prefix}01{''.join(letters)}"


def is_id(*, text: str, prefix: str) -> bool:
    return ID.fullmatch(text) is not None and text.startswith(prefix)
