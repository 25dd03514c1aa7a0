"""Django's cache, shared by all processes, as the client may rely on it: it may be empty, it may be down."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis
from django.core.cache import cache
from django.db import Error as DatabaseFailure
from django.utils.module_loading import import_string

from onboarding_portal.ev_energy.deadline import seconds_left

# Some seconds, because the database cache cuts expiries down to whole seconds. Only the lock of a killed
# process lasts that long.
LOCK_SECONDS = 4
SURELY_HELD_SECONDS = 2.0  # so long after it was taken nobody else can have the lock
_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.004, 0.02


class CacheDown(Exception):
    """The cache cannot be reached; what it would have told is unknown."""


def _failures() -> tuple[type[Exception], ...]:
    """What the backends raise when they cannot be reached: each has its own tree of errors."""
    failures: list[type[Exception]] = [DatabaseFailure, OSError, redis.RedisError]
    with suppress(ImportError):  # the client for Memcached is not among our packages
        failures.append(import_string("pymemcache.exceptions.MemcacheError"))
    return tuple(failures)


_FAILURES = _failures()


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise CacheDown from error


def read(key: str) -> Any:
    """The value, None where there is none. Raises CacheDown."""
    with _telling():
        return cache.get(key)


def read_many(keys: Iterable[str]) -> dict[str, Any]:
    """The values there are, in one go. Raises CacheDown."""
    with _telling():
        found: dict[str, Any] = cache.get_many(keys)
        return found


def write(key: str, value: Any, *, seconds: float) -> None:
    """Raises CacheDown. A second more than asked for, as the database cache cuts off fractions."""
    with _telling():
        cache.set(key, value, timeout=int(seconds) + 1)


def forget(key: str) -> None:
    """Raises CacheDown."""
    with _telling():
        cache.delete(key)


@contextmanager
def lock(name: str, *, wait_seconds: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[bool]:
    """Whether the lock was had within the wait (and within the deadline). Raises CacheDown.

    `add` is the one operation that is atomic in every backend of Django. Inside a database transaction it is
    not: others would wait for the commit, so ev.energy is to be called outside of transactions.
    """
    mark = secrets.token_hex(8)
    held_since = _acquire(name, mark, wait_seconds=wait_seconds, sleep=sleep)
    try:
        yield held_since is not None
    finally:
        if held_since is not None:
            with suppress(CacheDown):  # the lock ends by itself
                _release(name, mark, held_since=held_since)


def _acquire(name: str, mark: str, *, wait_seconds: float, sleep: Callable[[float], None]) -> float | None:
    """When it was had, by the monotonic clock."""
    give_up_at = time.monotonic() + min(wait_seconds, seconds_left(default=wait_seconds))
    pause = _POLL_SECONDS
    while True:
        asked_at = time.monotonic()
        with _telling():
            if cache.add(name, mark, timeout=LOCK_SECONDS):
                return asked_at
        if time.monotonic() >= give_up_at:
            return None
        sleep(pause)
        pause = min(
            1.5 * pause, _LONGEST_POLL_SECONDS
        )  # many who wait must not keep the cache from those who work


def _release(name: str, mark: str, *, held_since: float) -> None:
    """Only our own: a process that was stopped for longer than the lock lasts must not free another's."""
    if time.monotonic() - held_since < SURELY_HELD_SECONDS or read(name) == mark:
        forget(name)
