"""No answer of PostgreSQL is waited for without end.

Its own `statement_timeout` ends a statement of a server that is well. It does not help against one that is not, nor
against a lock that a session holds which nobody hears of any more.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

from onboarding_portal.patience import PAGE_SECONDS

CANCEL_SECONDS = 1.0
SHORTEST_WAIT_SECONDS = 0.1
_UID = "database_waits"

_left_for_page: ContextVar[float | None] = ContextVar("database_seconds_left", default=None)


@contextmanager
def one_page(*, seconds: float = PAGE_SECONDS) -> Iterator[None]:
    """All that is asked of the database inside is waited for so long, in sum."""
    token = _left_for_page.set(seconds)
    try:
        yield
    finally:
        _left_for_page.reset(token)


def bound_waiting(*, seconds: float) -> None:
    """Each answer on a connection made from now on is waited for so long; then comes an OperationalError."""
    connection_created.connect(_Bound(seconds), weak=False, dispatch_uid=_UID)


def wait_for_ever() -> None:
    """As before `bound_waiting`, on connections made from now on."""
    connection_created.disconnect(dispatch_uid=_UID)


class _Bound:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, *, connection: BaseDatabaseWrapper, **_: Any) -> None:
        if connection.vendor == "postgresql":
            made: Any = connection.connection
            made.wait = _Wait(made, seconds=self._seconds)


class _Wait:
    """In place of a connection's `wait`, which all goes through: statements, commits, looks whether it lives."""

    def __init__(self, made: Connection[Any], *, seconds: float) -> None:
        self._made = made
        self._wait = made.wait
        self._seconds = seconds

    def __call__(self, work: Any, *arguments: Any, **options: Any) -> Any:
        left = _left_for_page.get()
        most = self._seconds if left is None else min(self._seconds, max(left, SHORTEST_WAIT_SECONDS))
        started = time.monotonic()
        try:
            return self._wait(work, *arguments, **{"timeout": most, **options})
        except OperationalError:
            self._give_up()
            raise
        finally:
            if left is not None:
                _left_for_page.set(left - (time.monotonic() - started))

    def _give_up(self) -> None:
        """A connection with an answer still to come is of no more use; the server is told that nobody waits."""
        if self._made.pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(OperationalError):
                self._made.cancel_safe(timeout=CANCEL_SECONDS)
            self._made.close()
