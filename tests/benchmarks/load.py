"""Load from one process: keep-alive connections that each send one prepared request after another."""

import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    location: str = ""


def prepared(*, method: str, path: str, cookies: dict[str, str], body: str = "") -> bytes:
    """A whole request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/x-www-form-urlencoded")
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def requests_per_second(requests: Sequence[bytes], *, port: int, seconds: float, expected: int) -> float:
    """Sends each request over and over on a connection of its own; an answer other than `expected` is an error.

    One thread for all of them: whoever sends must leave the processor to those who answer.
    """
    count = 0
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        connections = [stack.enter_context(Connection(port)) for _ in requests]
        started = time.perf_counter()
        for connection, request in zip(connections, requests, strict=True):
            selector.register(connection, selectors.EVENT_READ, request)
            connection.send(request)
        while selector.get_map():
            for key, _ in selector.select(timeout=60):
                connection = cast("Connection", key.fileobj)
                answer = connection.receive()
                assert answer.status == expected, f"{answer.status} for {key.data[:80]!r}"
                count += 1
                if time.perf_counter() - started < seconds:
                    connection.send(key.data)
                else:
                    selector.unregister(connection)
        return count / (time.perf_counter() - started)


class Connection:
    """A kept-alive connection to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def receive(self) -> Answer:
        """Waits for the whole answer."""
        return _read_answer(self._stream)

    def ask(self, request: bytes) -> Answer:
        self.send(request)
        return self.receive()


def _read_answer(stream: BinaryIO) -> Answer:
    status = int(stream.readline().split()[1])
    length, is_chunked, location = 0, False, ""
    while (line := stream.readline()) not in {b"\r\n", b""}:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"location":
            location = value.strip().decode()
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            is_chunked = b"chunked" in value.lower()
    body = _chunks(stream) if is_chunked else stream.read(length)
    return Answer(status=status, body=body, location=location)


def _chunks(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body
