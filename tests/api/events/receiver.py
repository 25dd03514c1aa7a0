"""A company's system that takes events: a real server on this machine, which can be made to behave badly."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


class Receiver:
    """`got` has what was taken, `tried` all that came, as (id, data). `behave` says how it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.tried: list[str] = []
        self.secrets: list[str] = []
        self.behave: Callable[[Handler, Any], None] = take
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/events"

    def numbers(self, subject: str) -> list[int]:
        """The numbers of the subject's events in the order in which each came first."""
        first = dict(reversed([(event_id, data) for event_id, data in self.got]))
        seen = [event_id for event_id, data in self.got if data["data"].get("subject", subject) == subject]
        return [first[event_id]["data"]["number"] for event_id in dict.fromkeys(seen)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        if self.receiver.secrets:
            Webhook(self.receiver.secrets[0]).verify(text, dict(self.headers))
        with self.receiver.lock:
            self.receiver.tried.append(self.headers["webhook-id"])
        self.receiver.behave(self, json.loads(text))

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def keep(self, body: Any) -> None:
        with self.receiver.lock:
            self.receiver.got.append((self.headers["webhook-id"], body))

    def log_message(self, *_args: Any) -> None:
        pass


def take(handler: Handler, body: Any) -> None:
    handler.keep(body)
    handler.answer(200)


def fail(handler: Handler, _body: Any) -> None:
    handler.answer(500)


def move(handler: Handler, _body: Any) -> None:
    handler.answer(301, Location=f"{handler.receiver.origin}/elsewhere")


def hang(handler: Handler, _body: Any) -> None:
    handler.receiver.over.wait(5)
    handler.close_connection = True


def be_slow(handler: Handler, body: Any) -> None:
    handler.receiver.over.wait(0.02)
    take(handler, body)


def die_while_answering(handler: Handler, body: Any) -> None:
    handler.keep(body)
    handler.wfile.write(b"HTTP/1.1 2")
    handler.close_connection = True


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    handler = type("ItsHandler", (Handler,), {"receiver": receiver})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
