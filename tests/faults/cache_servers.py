"""As much of Redis and of memcached as Django's caches speak, on a port of its own, with nothing to install."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class _Redis(socketserver.StreamRequestHandler):
    values: ClassVar[dict[bytes, bytes]] = {}

    def handle(self) -> None:
        while line := self.rfile.readline():
            parts = [self._part() for _ in range(int(line[1:]))]
            self.wfile.write(self._answer(parts[0].upper(), parts[1:]))

    def _part(self) -> bytes:
        size = int(self.rfile.readline()[1:])
        return self.rfile.read(size + 2)[:-2]

    def _answer(self, command: bytes, arguments: list[bytes]) -> bytes:
        values = self.values
        match command:
            case b"GET":
                found = values.get(arguments[0])
                return b"$-1\r\n" if found is None else b"$%d\r\n%s\r\n" % (len(found), found)
            case b"SET":
                if b"NX" in arguments and arguments[0] in values:
                    return b"$-1\r\n"
                values[arguments[0]] = arguments[1]
                return b"+OK\r\n"
            case b"DEL":
                return b":%d\r\n" % sum(values.pop(key, None) is not None for key in arguments)
            case b"FLUSHDB":
                values.clear()
        return b"+OK\r\n"


class _Memcached(socketserver.StreamRequestHandler):
    values: ClassVar[dict[bytes, tuple[bytes, bytes]]] = {}

    def handle(self) -> None:
        while line := self.rfile.readline():
            self.wfile.write(self._answer(line.split()))

    def _answer(self, words: list[bytes]) -> bytes:
        values = self.values
        match words[0]:
            case b"set" | b"add":
                body = self.rfile.read(int(words[4]) + 2)[:-2]
                if words[0] == b"add" and words[1] in values:
                    return b"NOT_STORED\r\n"
                values[words[1]] = (words[2], body)
                return b"STORED\r\n"
            case b"get" | b"gets":
                lines = [
                    b"VALUE %s %s %d\r\n%s\r\n" % (key, values[key][0], len(values[key][1]), values[key][1])
                    for key in words[1:]
                    if key in values
                ]
                return b"".join([*lines, b"END\r\n"])
            case b"delete":
                return b"DELETED\r\n" if values.pop(words[1], None) else b"NOT_FOUND\r\n"
        values.clear()
        return b"OK\r\n"


def forget_locks() -> None:
    """What both forget by themselves some seconds after it was written."""
    for values in (_Redis.values, _Memcached.values):
        for key in [key for key in values if key.endswith(b":lock")]:
            del values[key]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def cache_server(kind: str) -> Iterator[int]:
    """`kind` is "redis" or "memcached"; the answer is its port."""
    handler = {"redis": _Redis, "memcached": _Memcached}[kind]
    handler.values.clear()
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
