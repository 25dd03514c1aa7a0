"""gunicorn's threaded worker, made to lose nobody when it is told to end.

gunicorn's own stops accepting at once and answers what it has accepted. Visitors whose connection the kernel had
completed, but no worker had accepted yet, were cut off when the last worker closed the socket; those whom the router
sent a moment later were refused.
"""

import time
from types import FrameType
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

# Platforms tell a process to end, and their routers to send nothing there, at about the same moment. Less than a
# second: who comes last may have to wait eight for ev.energy, and --graceful-timeout ends everything after nine.
STILL_ACCEPTING_SECONDS = 0.75


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    alive: bool
    ends_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM, which may come twice: from the platform and from gunicorn's master."""
        if self.ends_at is None:
            self.ends_at = time.monotonic() + STILL_ACCEPTING_SECONDS
            self.method_queue.defer(lambda: None)  # wakes the loop, as gunicorn's own handler does

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One turn of the loop that accepts and, after that, of the one that waits for the last answers."""
        if self.ends_at is not None and self.alive:
            timeout = min(timeout, max(self.ends_at - time.monotonic(), 0))
        super().wait_for_and_dispatch_events(timeout)
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            self.alive = False

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._drain(listener)

    def _drain(self, listener: Any) -> None:
        """Accepts everybody who waits, then closes the door at once; the requests are answered as all others."""
        listener.setblocking(False)
        while True:
            connections_before = self.nr_conns
            self.accept(listener)
            if self.nr_conns == connections_before:
                break
        listener.close()


class LoggerWithoutAccess(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn would gather what its line of each request tells; the portal writes its own, without the query."""

    def access(self, *_: object) -> None:
        pass
