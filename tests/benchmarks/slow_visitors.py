"""Many visitors who are slow on purpose: `python -m tests.benchmarks.slow_visitors PORT WAY COUNT`.

Whoever is sent away comes again. When this process is told to end it prints for how long the server bore with one of
them at most, in seconds; 0 if it sent nobody away.
"""

import signal
import socket
import sys
import time
from contextlib import suppress

EVERY_SECONDS = 5.0  # each says its next word so often
LOOK_SECONDS = 0.25
HEAD = b"Host: 127.0.0.1\r\n"
BODY = b"POST /accounts/login/ HTTP/1.1\r\n" + HEAD + b"Content-Length: 10000\r\n\r\n"
LARGE = b"GET /static/admin/js/vendor/jquery/jquery.js HTTP/1.1\r\n" + HEAD + b"\r\n"
PAGE = b"GET /static/portal.css HTTP/1.1\r\n" + HEAD + b"\r\n"
# The first word, and each further one.
WAYS = {
    "headers": (b"GET / HTTP/1.1\r\n" + HEAD, b"X-Slow: 1\r\n"),
    "body": (BODY, b"x"),
    "answers": (LARGE, b""),
    "idle": (PAGE, b""),
}


class Slow:
    def __init__(self, port: int, way: str) -> None:
        self._first, self._next = WAYS[way]
        self.takes = way != "answers"
        self._port = port
        self.begin()

    def begin(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", self._port))
        self.socket.setblocking(False)
        self.began_at = self.spoke_at = time.monotonic()
        with suppress(OSError):
            self.socket.send(self._first)

    def is_sent_away(self, now: float) -> bool:
        try:
            if self._next and now - self.spoke_at > EVERY_SECONDS:
                self.spoke_at = now
                self.socket.send(self._next)
            while self.takes:
                if not self.socket.recv(65_536):
                    return True
        except BlockingIOError:
            pass
        except OSError:
            return True
        return False


def main() -> None:
    port, way, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    longest = 0.0
    is_over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: is_over.append(number))
    slow = [Slow(port, way) for _ in range(count)]
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    while not is_over:
        now = time.monotonic()
        for each in slow:
            if each.is_sent_away(now):
                longest = max(longest, now - each.began_at)
                each.socket.close()
                each.begin()
        time.sleep(LOOK_SECONDS)
    sys.stdout.write(f"{longest:.1f}\n")


if __name__ == "__main__":
    main()
