"""Small servers on real sockets: time-outs, drips and dropped connections cannot be faked honestly."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

Talk = Callable[[socket.socket], None]


@dataclass
class Server:
    """Where it listens, and the requests it has read."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def server(*talks: Talk, reads_request: bool = True) -> Iterator[Server]:
    """Each connection is served by the next talk; when they are used up, by the last one again."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        running = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve_one(connection: socket.socket, talk: Talk) -> None:
            with closing(connection), suppress(OSError):
                if reads_request:
                    running.requests.append(_request(connection))
                talk(connection)

        def accept() -> None:
            for index in range(1_000):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                talk = talks[min(index, len(talks) - 1)]
                threading.Thread(target=serve_one, args=(connection, talk), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(timeout=2)


def answer(body: bytes = b"[]", *, status: str = "200 OK", headers: str = "") -> Talk:
    """One whole answer, then the connection ends."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def silence(connection: socket.socket) -> None:
    """Never answers; ends when the other side has gone."""
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    """Ends the connection without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def drip(start: bytes, *, every_seconds: float) -> Talk:
    """Sends `start` and then a byte now and then, without end."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(start)
        pause = threading.Event()
        while not pause.wait(every_seconds):
            connection.sendall(b"x")

    return talk


def _request(connection: socket.socket) -> bytes:
    connection.settimeout(5)
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65_536)
        if not received:
            return data
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
