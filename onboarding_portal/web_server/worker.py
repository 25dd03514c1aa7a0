"""A process of gunicorn whose connections are waitress': no thread waits for a visitor.

gunicorn starts the processes, ends them and starts them anew. Its own thread workers read a request and write its
answer in the thread that works on it: a few visitors who send a byte now and then would stop everybody. waitress
reads whole requests, and writes answers, beside the threads.
"""

import os
import resource
import select
import socket
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.server import BaseWSGIServer

from onboarding_portal.web_server.connection import Connection
from onboarding_portal.web_server.limits import (
    LARGEST_ANSWER_AHEAD_BYTES,
    LARGEST_BODY_BYTES,
    LARGEST_HEAD_BYTES,
    LARGEST_UPLOAD_BYTES,
    MOST_CONNECTIONS,
)

# Platforms tell a process to end, and their routers to send nothing there, at about the same moment. Less than a
# second: who comes last may have to wait eight for ev.energy, and --graceful-timeout ends everything after nine.
STILL_ACCEPTING_SECONDS = 0.75
# Then how long a quiet connection stays for the request its visitor may be sending at this moment.
LAST_REQUEST_SECONDS = 1.0
# An end of its own, before the master kills.
BEFORE_KILLED_SECONDS = 0.5
TURN_SECONDS = 0.5
FILES_BESIDE_CONNECTIONS = 100
# Of the connections a process may have: from so many on, room is made until there are so few.
CROWDED, ROOMY = 0.9, 0.7


class BufferingWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """Serves until it is told to end (SIGTERM) or has served --max-requests; then answers all it has accepted."""

    def run(self) -> None:
        self._everything: dict[int, Any] = {}
        self._told_to_end_at = 0.0
        self._next_look_at = 0.0
        self._idle_seconds = float(self.cfg.keepalive)
        self._open_the_door()
        while self.alive and self._is_wanted():
            self._turn(TURN_SECONDS)
        if self._told_to_end_at:
            self._end_within(STILL_ACCEPTING_SECONDS)
        self._close_the_door()
        self._end_within(self.cfg.graceful_timeout - STILL_ACCEPTING_SECONDS - BEFORE_KILLED_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._told_to_end_at = self._told_to_end_at or time.monotonic()
        self.alive = False

    def _open_the_door(self) -> None:
        self._most_connections = _most_connections()
        create_server(
            self._application,
            map=self._everything,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=self._most_connections,
            max_request_header_size=LARGEST_HEAD_BYTES,
            max_request_body_size=LARGEST_BODY_BYTES + 1,
            inbuf_overflow=2 * LARGEST_UPLOAD_BYTES,  # never a file
            outbuf_high_watermark=LARGEST_ANSWER_AHEAD_BYTES,
            outbuf_overflow=2 * LARGEST_ANSWER_AHEAD_BYTES,  # never a file
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # TRUSTED_PROXY_COUNT says what is believed
            ident="",
        )
        for server in self._doors():
            server.channel_class = Connection

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        answer: Iterable[bytes] = self.wsgi(environ, start_response)
        return answer

    def _is_wanted(self) -> bool:
        return bool(self.ppid == os.getppid())

    def _turn(self, seconds: float) -> None:
        self.notify()
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._everything, count=1)
        now = time.monotonic()
        if now >= self._next_look_at:
            self._next_look_at = now + TURN_SECONDS
            self._send_away_who_takes_too_long(now)

    def _send_away_who_takes_too_long(self, now: float) -> None:
        connections = self._connections()
        for connection in connections:
            if connection.is_overdue(now=now, idle_seconds=self._idle_seconds):
                connection.handle_close()
        if len(connections) > self._most_connections * CROWDED:
            self._make_room(connections, now)

    def _make_room(self, connections: list[Connection], now: float) -> None:
        waiting = [each for each in connections if each.waits_for_visitor_since]
        waiting.sort(key=lambda each: each.waits_for_visitor_since or now)
        for connection in waiting[: len(connections) - int(self._most_connections * ROOMY)]:
            connection.handle_close()

    def _end_within(self, seconds: float) -> None:
        """Goes on until nobody is connected any more, `seconds` at most; the next answer of each is the last."""
        end_at = time.monotonic() + seconds
        while (left := end_at - time.monotonic()) > 0 and (self._connections() or self._doors()):
            for connection in self._connections():
                connection.is_last = True
            self._turn(min(left, TURN_SECONDS))

    def _close_the_door(self) -> None:
        for server in self._doors():
            while _is_readable(server.socket):  # who has knocked already
                server.handle_accept()
            server.del_channel()
            server.socket.close()
        self._idle_seconds = LAST_REQUEST_SECONDS
        for connection in self._connections():
            connection.quiet_since = time.monotonic()

    def _doors(self) -> list[BaseWSGIServer]:
        return [each for each in self._everything.values() if isinstance(each, BaseWSGIServer)]

    def _connections(self) -> list[Connection]:
        return [each for each in self._everything.values() if isinstance(each, Connection)]


def _most_connections() -> int:
    """As many as this process may have files open for, a file to send for each of them included."""
    wanted = 2 * MOST_CONNECTIONS + FILES_BESIDE_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST_CONNECTIONS, (soft - FILES_BESIDE_CONNECTIONS) // 2)


def _is_readable(door: socket.socket) -> bool:
    knocks = select.poll()
    knocks.register(door, select.POLLIN)
    return bool(knocks.poll(0))
