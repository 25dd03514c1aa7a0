"""The application on a port: threads, HTTP/1.1, connections kept alive."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import LimitedStream

from onboarding_portal.sandbox.application import LARGEST_BODY_BYTES, Application, create_app
from onboarding_portal.sandbox.context import Config

IDLE_SECONDS = 60


class KeepAliveHandler(WSGIRequestHandler):
    """Werkzeug's own handler closes after each answer, which would cost a client of thousands of calls dearly.

    Connections are kept here because every answer has a length and every body is read to its end, or closes.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = 65_536

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        length = self.headers.get("Content-Length", "0")
        is_simple = length.isdigit() and int(length) <= LARGEST_BODY_BYTES
        if not is_simple or "Transfer-Encoding" in self.headers or "Expect" in self.headers:
            self.close_connection = True
        if "Expect" in self.headers:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        try:
            if is_simple:
                environ["wsgi.input"] = LimitedStream(environ["wsgi.input"], int(length))
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            body = b"".join(chunks)
            if is_simple:
                environ["wsgi.input"].read()  # what the application left unread
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            for name, value in headers.items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if environ["REQUEST_METHOD"] != "HEAD":
                self.wfile.write(body)
            self.wfile.flush()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def finish(self) -> None:
        # What is still buffered for a client that is gone cannot be flushed; both ends are closed all the same.
        with suppress(ConnectionError):
            super().finish()
        self.rfile.close()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: addresses carry tokens and links, and a thousand lines a second help nobody."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Nothing, for the same reason."""


@dataclass(frozen=True)
class Running:
    """A sandbox that answers in a thread of this process."""

    app: Application
    origin: str

    @property
    def api_url(self) -> str:
        return f"{self.origin}/v2"

    @property
    def token_url(self) -> str:
        return f"{self.origin}/o/token/"


def listen(*, host: str, port: int) -> socket.socket:
    """A socket that holds the port. OSError if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def origin_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def build_server(*, listener: socket.socket, app: Application) -> BaseWSGIServer:
    """The server takes the listener over; its `serve_forever` closes it at the end."""
    host, port = listener.getsockname()[:2]
    server = make_server(
        host, port, app, threaded=True, request_handler=KeepAliveHandler, fd=listener.fileno()
    )
    listener.close()
    return server


@contextmanager
def serve_in_thread(
    *,
    config: Config | None = None,
    state_path: Path | None = None,
    vehicles: int = 0,
    inactive_share: float = 0.0,
) -> Iterator[Running]:
    """A sandbox on a free port of this machine for as long as the context lasts."""
    listener = listen(host="127.0.0.1", port=0)
    origin = origin_of(listener)
    app = create_app(
        config=replace(config or Config(), origin=origin),
        state_path=state_path,
        vehicles=vehicles,
        inactive_share=inactive_share,
    )
    server = build_server(listener=listener, app=app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Running(app, origin)
    finally:
        server.shutdown()
        thread.join()
        app.sandbox.state.close()
