"""A visitor's connection: waitress' own, with an end to every wait for the visitor."""

import socket
import time
from contextlib import suppress
from copy import copy
from typing import Any, ClassVar
from weakref import WeakSet

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from onboarding_portal.web_server.limits import (
    ANSWER_SECONDS,
    LARGEST_UPLOAD_BYTES,
    LISTENING_ON_SECONDS,
    MOST_UPLOADS,
    REQUEST_SECONDS,
    SLOWEST_ANSWER_BYTES_PER_SECOND,
    UPLOADS,
)

DISCARDED_AT_ONCE_BYTES = 256 * 1024


class Request(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """What has come of a request so far. Knows when it began.

    One whose body is too large is not read on: the portal is asked for the answer, by a Content-Length that says why.
    """

    is_refused = False
    _uploads: ClassVar[WeakSet["Request"]] = WeakSet()  # those that are in memory now
    error: Error | None = None

    def __init__(self, adj: object) -> None:
        super().__init__(adj)
        self.began_at = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.path in UPLOADS and self.command == "POST" and len(self._uploads) < MOST_UPLOADS:
            self._uploads.add(self)
            larger: Any = copy(vars(self)["adj"])
            larger.max_request_body_size = LARGEST_UPLOAD_BYTES + 1
            self.adj = larger

    def received(self, data: bytes) -> int:
        consumed = int(super().received(data))
        if isinstance(self.error, RequestEntityTooLarge):
            self.error, self.expect_continue, self.is_refused = None, False, True
            # One file too many at a time is refused as one that is too large: the portal knows no other reason.
            least = LARGEST_UPLOAD_BYTES + 1 if self.path in UPLOADS else 0
            announced = max(self.content_length, self.body_bytes_received, least)
            self.headers["CONTENT_LENGTH"] = str(announced)
            self.headers["CONNECTION"] = "close"
        return consumed


class Answer(WSGITask):  # type: ignore[misc]  # waitress has no types
    """What the portal says. Django leaves it to the server that no answer to HEAD has a body."""

    def write(self, data: bytes) -> None:
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        if self.request.command == "HEAD":
            self.chunked_response = False
        super().finish()


class Connection(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """Knows what it waits for, and since when."""

    parser_class = Request
    task_class = Answer

    def __init__(self, server: BaseWSGIServer, *arguments: Any, **options: Any) -> None:
        super().__init__(server, *arguments, **options)
        self.quiet_since = time.monotonic()
        self.is_last = False  # its next answer says that the connection ends
        self._is_refused = False
        self._listens_on_until: float | None = None
        self._sent_bytes = 0
        self._measured: tuple[float, int] | None = None

    def received(self, data: bytes) -> bool:
        went_on = bool(super().received(data))
        self._is_refused = self._is_refused or any(
            request.is_refused or request.error for request in self.requests
        )
        return went_on

    def service(self) -> None:
        if self.is_last:
            for request in self.requests:
                request.headers["CONNECTION"] = "close"
        super().service()
        self.quiet_since = time.monotonic()

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close=do_close))
        self._sent_bytes += sent
        return sent

    @property
    def waits_for_visitor_since(self) -> float | None:
        """When the wait for a request, for its rest, or for an answer to be taken began (monotonic); else None."""
        if self._listens_on_until:
            return self.quiet_since
        if self.total_outbufs_len:
            return self._measured[0] if self._measured else None
        if self.requests:
            return None
        return self.quiet_since if self.request is None else float(self.request.began_at)

    def is_overdue(self, *, now: float, idle_seconds: float) -> bool:
        """Whether the visitor has taken longer than anybody needs, or has asked for nothing for `idle_seconds`."""
        if self._listens_on_until:
            return now > self._listens_on_until
        if self.total_outbufs_len:
            return self._is_taken_too_slowly(now)
        self._measured = None
        since = self.waits_for_visitor_since
        longest = idle_seconds if self.request is None else REQUEST_SECONDS
        return since is not None and now - since > longest

    def _is_taken_too_slowly(self, now: float) -> bool:
        began_at, sent_before = self._measured = self._measured or (now, self._sent_bytes)
        if now - began_at < ANSWER_SECONDS:
            return False
        self._measured = (now, self._sent_bytes)
        return self._sent_bytes - sent_before < ANSWER_SECONDS * SLOWEST_ANSWER_BYTES_PER_SECOND

    # A connection closed while its visitor still sends is reset, and the answer with it. So who is refused is told
    # that nothing more will come, and what they still send is thrown away for a moment.
    def handle_close(self) -> None:
        if self._is_refused and self.connected and not self._listens_on_until:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._listens_on_until = time.monotonic() + LISTENING_ON_SECONDS
                self.will_close = False
                return
        super().handle_close()

    def readable(self) -> bool:
        return bool(self._listens_on_until or super().readable())

    def handle_read(self) -> None:
        if not self._listens_on_until:
            super().handle_read()
        elif not self._discards_something():
            super().handle_close()

    def _discards_something(self) -> bool:
        try:
            return bool(self.socket.recv(DISCARDED_AT_ONCE_BYTES))
        except BlockingIOError:
            return True
        except OSError:
            return False
