"""The demo's company: takes the portal's events, checks their signatures and shows the last of them on a page.

A process of its own, without Django: `python -m onboarding_portal.operations.demo.receiver PORT SECRET_FILE`.
"""

import json
import sys
from collections import deque
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

HOST = "127.0.0.1"
KEPT, LARGEST_BYTES = 200, 64 * 1024
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Events received</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}}
article{{border-block-start:1px solid #ccc;padding-block:.5rem}}
pre{{overflow:auto;background:#f4f4f4;padding:.5rem}}</style>
</head><body><h1>Events received</h1>
<p>A stand-in for one of the company’s systems. <a href="/">Look again</a></p>{events}</body></html>"""
ARTICLE = "<article><h2>{kind}</h2><p><code>{event_id}</code>{copy}</p><pre>{body}</pre></article>"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secret_file: Path
    events: deque[tuple[str, dict[str, Any]]] = deque(maxlen=KEPT)

    def do_GET(self) -> None:
        seen: set[str] = set()
        articles = []
        for event_id, body in self.events:
            articles.append(_article(event_id, body, is_copy=event_id in seen))
            seen.add(event_id)
        shown = "".join(reversed(articles)) or "<p>None yet.</p>"
        self._answer(200, PAGE.format(events=shown).encode())

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BYTES:
            self.close_connection = True
            return self._answer(413)
        body = self.rfile.read(length)
        try:
            message = Webhook(self.secret_file.read_text().strip()).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError, OSError):
            return self._answer(401)
        self.events.append((self.headers["webhook-id"], message))
        return self._answer(204)

    def _answer(self, status: int, page: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_args: Any) -> None:
        """Nothing: the page shows it."""


def _article(event_id: str, body: dict[str, Any], *, is_copy: bool) -> str:
    return ARTICLE.format(
        kind=escape(str(body.get("type"))),
        event_id=escape(event_id),
        copy=" (a copy)" if is_copy else "",
        body=escape(json.dumps(body, indent=2)),
    )


def main(port: str, secret_file: str) -> None:
    Receiver.secret_file = Path(secret_file)
    ThreadingHTTPServer((HOST, int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
