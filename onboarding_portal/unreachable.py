"""Tells "our records cannot be reached just now" from mistakes of the program: people can wait for the first."""

import sqlite3

import redis
from django.db import InterfaceError, OperationalError

# SQLite has one class for both. These codes are mistakes in SQL or in its use, not a file that is away or locked.
SQLITE_MISTAKES = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE}
PRIMARY_CODE = 0xFF  # the rest of a code are details


# What the database raises, and a cache that is Redis.
_UNREACHABLE = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)


def is_unreachable(error: BaseException | None) -> bool:
    """Whether the error says that the database or the cache could not be reached, and nothing else."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0) if error else 0
    return isinstance(error, _UNREACHABLE) and code & PRIMARY_CODE not in SQLITE_MISTAKES
