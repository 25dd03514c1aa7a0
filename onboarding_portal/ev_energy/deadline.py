"""One deadline for everything a call does: waiting for locks, connecting, repeating, reading.

The time-outs of `requests` are for one read of the socket each, so a server that sends a byte now and then
is never too late for them. Here every read of a socket gets only the time that is left. What this does not
bound: name resolution, and connecting to a host with several dead addresses, where each gets the time-out.
"""

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_ends_at: ContextVar[float | None] = ContextVar("ev_energy_deadline", default=None)


@contextmanager
def deadline(*, seconds: float) -> Iterator[None]:
    """Everything inside ends within `seconds`, or within what an outer deadline leaves."""
    token = _ends_at.set(time.monotonic() + min(seconds, seconds_left(default=seconds)))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(*, default: float) -> float:
    """Until the deadline, never below 0; `default` where there is none."""
    ends_at = _ends_at.get()
    return default if ends_at is None else max(0.0, ends_at - time.monotonic())


class DeadlineAdapter(HTTPAdapter):
    """The transport adapter of `requests`, with connections that keep the deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class DeadlineReader(io.RawIOBase):
    """A socket's stream of bytes that gives up when the deadline has passed."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._sock = sock
        self._timeout = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = seconds_left(default=self._timeout or 0.0)
        if left <= 0 and self._timeout is not None:
            raise TimeoutError("The deadline has passed.")
        self._sock.settimeout(None if self._timeout is None else min(left, self._timeout))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        stream: io.RawIOBase = self.fp.detach()
        self.fp = io.BufferedReader(DeadlineReader(stream, sock))


class _HTTPConnection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        self.timeout = _capped(self.timeout)
        super().connect()


class _HTTPSConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        self.timeout = _capped(self.timeout)
        super().connect()


def _capped(timeout: Any) -> float:
    seconds = float(timeout) if isinstance(timeout, int | float) else float("inf")
    # A time-out of exactly 0 would make the socket non-blocking.
    return max(0.001, min(seconds, seconds_left(default=min(seconds, 60.0))))


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection
