"""Passwords are hashed one at a time in each process: a hash takes the better part of a second of a core.

Without a bound, who sends passwords, right or wrong, takes all cores from everybody else's pages. The bound is around
the hash itself, so that it holds for every form that has one. It waits only as long and with as few as leaves most of
a web process's threads to other pages.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

AT_A_TIME = 1
WAITING = 1
LONGEST_WAIT_SECONDS = 2.0

_working = threading.BoundedSemaphore(AT_A_TIME)
_inside = threading.BoundedSemaphore(AT_A_TIME + WAITING)


class TooManyPasswords(Exception):
    """So many passwords are being checked that this one was not looked at. Trying again in a moment helps."""


class BoundedPasswordHasher(PBKDF2PasswordHasher):
    """Django's own, with the same format. Raises TooManyPasswords."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with _place():
            return super().encode(password, salt, iterations)


@contextmanager
def _place() -> Iterator[None]:
    if not _inside.acquire(blocking=False):
        raise TooManyPasswords
    try:
        if not _working.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise TooManyPasswords
        try:
            yield
        finally:
            _working.release()
    finally:
        _inside.release()
