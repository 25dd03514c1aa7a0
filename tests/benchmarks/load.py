"""Load from one process: keep-alive connections that each send one prepared request after another."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes


def prepared(*, method: str, path: str, cookies: dict[str, str], body: str = "") -> bytes:
    """A whole request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/x-www-form-urlencoded")
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def requests_per_second(requests: Sequence[bytes], *, port: int, seconds: float, expected: int) -> float:
    """Sends each request over and over on a connection of its own; an answer other than `expected` is an error."""
    counts: list[int] = []
    end = time.perf_counter() + seconds

    def work(request: bytes) -> None:
        count = 0
        with Connection(port) as connection:
            while time.perf_counter() < end:
                answer = connection.ask(request)
                assert answer.status == expected, f"{answer.status} for {request[:80]!r}"
                count += 1
        counts.append(count)

    threads = [threading.Thread(target=work, args=[request]) for request in requests]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == len(requests), "a connection failed"
    return sum(counts) / (time.perf_counter() - started)


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

    def ask(self, request: bytes) -> Answer:
        self._socket.sendall(request)
        return _read_answer(self._stream)


def _read_answer(stream: BinaryIO) -> Answer:
    status = int(stream.readline().split()[1])
    length, is_chunked = 0, False
    while (line := stream.readline().lower()) not in {b"\r\n", b""}:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            is_chunked = b"chunked" in value
    return Answer(status=status, body=_chunks(stream) if is_chunked else stream.read(length))


def _chunks(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body
