"""What a command that cannot do its work says at its end: one line with its remedy, and no traceback."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.db import Error as DatabaseFailure

from onboarding_portal.operations.logs.filter import secret_values
from onboarding_portal.redaction import redact
from onboarding_portal.unreachable import is_unreachable

MOST_LETTERS = 200


def in_one_line(error: Exception, *, argv: Sequence[str]) -> str:
    """The line, "" if the error is none that an operator can mend: then its traceback is what helps."""
    if is_unreachable(error):
        return _of_records(error)
    if isinstance(error, OSError) and argv[1:2] == ["collectstatic"]:
        return (
            f"STATIC_ROOT: {settings.STATIC_ROOT} cannot be written ({error.strerror}). "
            "Set STATIC_ROOT to a folder this user may write to, or give this user the right to."
        )
    return ""


def _of_records(error: Exception) -> str:
    said = redact(" ".join(str(error).split()), secrets=secret_values(os.environ))[:MOST_LETTERS]
    if isinstance(error, DatabaseFailure):
        return (
            f"DATABASE_URL: the database cannot be reached, or takes nothing ({said}). Check host, name, user, "
            "password and options in DATABASE_URL, and that the database is running."
        )
    return (
        f"CACHE_URL: the cache cannot be reached ({said}). Check host, user and password in CACHE_URL, and that the "
        "cache is running."
    )
