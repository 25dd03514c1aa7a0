"""For whom calls to ev.energy are made now: it decides how much of the budget they may use."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Priority(StrEnum):
    """Who waits for the answer: an owner in front of a screen, staff in front of theirs, or nobody in a hurry."""

    OWNER = "owner"
    STAFF = "staff"
    BULK = "bulk"


_priority: ContextVar[Priority] = ContextVar("ev_energy_priority", default=Priority.OWNER)


def current_priority() -> Priority:
    """With which priority calls are made now."""
    return _priority.get()


@contextmanager
def priority(of: Priority) -> Iterator[None]:
    """Calls made inside are made with this priority."""
    token = _priority.set(of)
    try:
        yield
    finally:
        _priority.reset(token)
