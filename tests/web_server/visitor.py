"""A visitor who speaks HTTP by hand, at the pace they like."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

PATIENCE_SECONDS = 20.0


class Visitor:
    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(("127.0.0.1", port))

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, text: bytes) -> None:
        self._socket.sendall(text)

    def hear(self, *, until: bytes = b"") -> bytes:
        """What is said up to these words, or until the server ends the connection. Fails if neither happens."""
        heard = b""
        with suppress(ConnectionResetError):
            while (piece := self._socket.recv(65_536)) and not (until and until in heard + piece):
                heard += piece
            heard += piece
        return heard

    @property
    def is_connected(self) -> bool:
        """Whether the server still holds the connection; what it has said meanwhile is not taken."""
        self._socket.setblocking(False)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        finally:
            self._socket.settimeout(PATIENCE_SECONDS)


@contextmanager
def visitors(port: int, *, count: int, receive_buffer: int = 0) -> Iterator[list[Visitor]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(port, receive_buffer=receive_buffer)) for _ in range(count)]
