"""gunicorn's threaded worker, made to lose nobody when it is told to end.

gunicorn's own stops accepting at once and answers what it has accepted. Visitors whose connection the kernel had
completed, but no worker had accepted yet, were cut off when the last worker closed the socket.
"""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
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
