"""A small stand-in for a company's site: a real server on an origin of its own, which hands owners over."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests


class CompanySite:
    """`asks` is what the next press of the button asks the portal for; `told` is what the API said of each return."""

    def __init__(self, portal: str) -> None:
        self.portal = portal
        self.secret = ""
        self.asks: dict[str, Any] = {}
        self.told: list[dict[str, Any]] = []
        self.claimed: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def session(self, session_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call("GET", f"/sessions/{session_id}")
        return found

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self.portal}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.secret}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def hand_over(self) -> str:
        made = self._call("POST", "/sessions", {"return_url": f"{self.origin}/back", **self.asks})
        return str(made["url"])

    def come_back(self, query: str) -> str:
        claim = {name: values[0] for name, values in parse_qs(query).items()}
        self.claimed.append(claim)
        self.told.append(self.session(claim["session_id"]))
        return json.dumps(self.told[-1]["outcome"])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = urlsplit(self.path)
                if page.path == "/connect-my-car":
                    self.send_response(303)
                    self.send_header("Location", site.hand_over())
                    self.end_headers()
                    return
                words = "Your car"
                if page.path == "/back":
                    words = f"Back: {site.come_back(page.query)}"
                elif page.path != "/":
                    self.send_error(404)
                    return
                body = f'<!doctype html><h1>{words}</h1><a href="/connect-my-car">Connect your car</a>'
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_request(self, *_args: Any) -> None:
                """Says nothing."""

        return Handler

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def company_site(portal: str) -> Iterator[CompanySite]:
    site = CompanySite(portal)
    thread = threading.Thread(target=site.serve)
    thread.start()
    try:
        yield site
    finally:
        site.close()
        thread.join(timeout=5)
