"""Tells "our records cannot be reached just now" from mistakes of the program: people can wait for the first."""

import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb

import redis
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, InternalError, OperationalError

# SQLite has one class for both. These codes are mistakes in SQL or in its use, not a file that is away or locked.
SQLITE_MISTAKES = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE}
PRIMARY_CODE = 0xFF  # the rest of a code are details
# PostgreSQL files these under "internal": a server that was made a standby under our connection, and a transaction
# it ended because nothing was heard of us.
READ_ONLY = "25006"
SQLSTATES_THAT_PASS = {READ_ONLY, "25P03"}

# What the database raises, and a cache that is Redis.
_UNREACHABLE = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)

# A cache's client raises errors of its own, of the socket, or of what it could not unpack.
_CACHE_CLIENTS = {"redis", "pymemcache", "pylibmc"}
_OF_A_CACHE = (OSError, EOFError, pickle.UnpicklingError)
_CACHE_BACKENDS = "django.core.cache.backends."


def is_unreachable(error: BaseException | None) -> bool:
    """Whether the error says that the database or the cache could not be reached, and nothing else."""
    cause = error.__cause__ if error else None
    if isinstance(error, _UNREACHABLE):
        code: int = getattr(cause, "sqlite_errorcode", 0)
        return code & PRIMARY_CODE not in SQLITE_MISTAKES
    if isinstance(error, InternalError):
        return getattr(cause, "sqlstate", "") in SQLSTATES_THAT_PASS
    return error is not None and _is_of_a_cache(error)


@contextmanager
def if_reachable() -> Iterator[None]:
    """For what a page can do without: left out where the database cannot be reached. Other errors are raised."""
    try:
        yield
    except DatabaseFailure as error:
        if not is_unreachable(error):
            raise


def is_standby(error: BaseException | None) -> bool:
    """Whether the server at the other end may only be read: after a failover a connection leads to the wrong one."""
    return isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", "") == READ_ONLY


def _is_of_a_cache(error: BaseException) -> bool:
    """Where an error was raised is what tells a cache's refused connection from anybody else's."""
    is_known = isinstance(error, _OF_A_CACHE) or type(error).__module__.partition(".")[0] in _CACHE_CLIENTS
    frames = walk_tb(error.__traceback__)
    return is_known and any(
        frame.f_globals.get("__name__", "").startswith(_CACHE_BACKENDS) for frame, _line in frames
    )
