"""Counts against a limit of the sign-in, where "nothing could be counted" is not "too many"."""

from secrets import token_hex

from allauth.core import ratelimit
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpRequest


def consume(request: HttpRequest, *, action: str, key: str) -> bool:
    """Counts one; whether it was within the limit.

    Raises OperationalError, which is a page 503, if the cache is a table that takes nothing: of a database that is
    full, or may only be read. Django's cache does not say so, and the lock around the count is never had.
    """
    if ratelimit.consume(request, action=action, key=key):
        return True
    if not cache.add(f"takes_values:{token_hex(16)}", "yes", timeout=1):
        raise OperationalError("The cache takes nothing, so nothing can be counted.")
    return False
