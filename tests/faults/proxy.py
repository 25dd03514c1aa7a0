"""A small TCP proxy that stands in front of what the portal leans on, and breaks it as things break."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)  # closing says so at once, with nothing delivered


@dataclass
class Proxy:
    """`target` is a port on this machine."""

    target: int
    port: int = 0
    answer: bytes | None = None  # what every new connection is told in place of the server's own words
    delay_seconds: float = 0.0  # before each piece of what the server says
    is_silent: bool = False  # nothing the server says arrives
    cut_after: int | None = None  # bytes of what the server says on a connection
    connections: int = 0
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _pause: threading.Event = field(default_factory=threading.Event)

    # How it breaks

    def go_down(self) -> None:
        """Nobody listens any more, and connections break off."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.break_connections()

    def refuse(self, words: bytes) -> None:
        """In place of the server, something answers with these words and hangs up."""
        self.answer = words
        self.break_connections()

    def slow_down(self, *, seconds: float) -> None:
        """Connections there are stay, and become slow as well."""
        self.delay_seconds = seconds

    def hang(self) -> None:
        """It accepts, it listens, it says nothing; on connections there are, too."""
        self.is_silent = True

    def cut(self, *, after: int) -> None:
        """Each connection ends after so many bytes of the server's."""
        self.cut_after = after
        self.break_connections()

    def come_back(self) -> None:
        """As at the beginning, at the same port. What was connected through it while it was broken is cut off."""
        self._pause.set()
        self._pause = threading.Event()
        self.answer, self.delay_seconds, self.is_silent, self.cut_after = None, 0.0, False, None
        self.break_connections()
        if self._listener is None:
            self.listen()

    # How it works

    def listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def break_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self.answer is not None:
                client.settimeout(0.2)
                with suppress(TimeoutError):
                    client.recv(CHUNK)
                client.sendall(self.answer)
                client.shutdown(socket.SHUT_WR)
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open.add(server)
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
            self._pump_back(server, client)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
        self._end(sink)

    def _pump_back(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := server.recv(CHUNK):
                pause = self._pause
                if self.is_silent:
                    pause.wait(30)
                    break
                if self.delay_seconds:
                    pause.wait(self.delay_seconds)
                if self.cut_after is not None and passed + len(data) >= self.cut_after:
                    client.sendall(data[: self.cut_after - passed])
                    break
                client.sendall(data)
                passed += len(data)
        self._end(client)
        self._end(server)

    def _end(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_before(target: int) -> Iterator[Proxy]:
    proxy = Proxy(target)
    proxy.listen()
    try:
        yield proxy
    finally:
        proxy._pause.set()
        proxy.go_down()
