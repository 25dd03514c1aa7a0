"""No test leaves a connection to the database open that nobody can close any more: its thread has ended, or Django
has another in its place.

PostgreSQL's driver warns when such a connection is thrown away, which is whenever garbage is next looked for: in the
middle of some other test, that then fails for it.
"""

import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@dataclass
class Opened:
    session: "weakref.ref[Any]"  # the driver's
    holder: "weakref.ref[BaseDatabaseWrapper]"  # Django's
    thread: threading.Thread
    test: str

    @property
    def is_left_open(self) -> bool:
        session, holder = self.session(), self.holder()
        is_held = self.thread.is_alive() and holder is not None and holder.connection is session
        return session is not None and not session.closed and not is_held


_opened: list[Opened] = []


def _note(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql":
        session, holder = weakref.ref(connection.connection), weakref.ref(connection)
        test = os.environ.get("PYTEST_CURRENT_TEST", "no test")
        _opened.append(Opened(session, holder, threading.current_thread(), test))


connection_created.connect(_note, dispatch_uid="tests.open_connections")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After all of the test's fixtures have ended."""
    result = yield
    left = [each for each in _opened if each.is_left_open]
    for each in left:
        if (session := each.session()) is not None:
            session.close()  # so that it is told of once
    _opened[:] = [each for each in _opened if (session := each.session()) is not None and not session.closed]
    if left:
        pytest.fail(
            "Connections left open:\n" + "\n".join(f"{each.thread.name} in {each.test}" for each in left)
        )
    return result
