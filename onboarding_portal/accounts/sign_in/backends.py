"""What stands between the ways of signing in, in AUTHENTICATION_BACKENDS."""

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class PasswordsEndHere:
    """A password that Django's own backend refused is refused.

    allauth's backend, which sessions of owners need, would look it up and hash it a second time.
    """

    def authenticate(self, request: HttpRequest | None, *, password: str, **credentials: str) -> NoReturn:
        raise PermissionDenied
