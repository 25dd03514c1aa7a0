"""What Sentry is told of an error: where it came about, and nothing of anybody."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest
from django.conf import settings

from onboarding_portal.operations.checks.watchers import is_dsn
from tests.operations.failing_site import PATHS, SECRETS

PROGRAM = "import django; django.setup(); from tests.operations import failing_site; failing_site.main()"


PACKED = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}


class Ingest(ThreadingHTTPServer):
    """Sentry's door on this machine, which keeps what comes in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.requests: list[str] = []

    @property
    def dsn(self) -> str:
        return f"http://a-public-key@127.0.0.1:{self.server_port}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [line for request in self.requests for line in request.split("\n") if line.startswith("{")]
        return [event for line in lines if "exception" in (event := json.loads(line)) or "message" in event]


class Door(BaseHTTPRequestHandler):
    server: Ingest

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        plain = PACKED[self.headers["Content-Encoding"]](body)
        self.server.requests.append(f"{self.path} {self.headers}\n{plain.decode()}")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as its parent names it
        """Nobody reads it."""


@pytest.fixture(scope="module")
def ingest() -> Iterator[Ingest]:
    server = Ingest()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def told(ingest: Ingest, tmp_path_factory: pytest.TempPathFactory) -> Ingest:
    """After every kind of failure."""
    database = tmp_path_factory.mktemp("no-rows") / "db.sqlite3"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ingest.dsn],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"sqlite:///{database}",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert [answer[:2] for answer in answers] == [[path, "500"] for path in PATHS]
    assert all("script-src 'self'" in answer[2] and "127.0.0.1" not in answer[2] for answer in answers)
    assert len(ingest.events) >= len(PATHS)
    return ingest


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_arrives(told: Ingest, secret: str) -> None:
    found = [request for request in told.requests if secret in request]

    assert found == []


def test_what_helps_to_find_the_fault_arrives(told: Ingest) -> None:
    errors = [error for event in told.events for error in event.get("exception", {}).get("values", [])]

    assert {error["type"] for error in errors} >= {
        "ZeroDivisionError",
        "IntegrityError",
        "ValueError",
        "RuntimeError",
    }
    frame = errors[0]["stacktrace"]["frames"][-1]
    assert (frame["module"], frame["function"]) == ("tests.operations.failing_site", "crash")
    assert frame["lineno"] > 0
    assert "vars" not in frame
    for event in told.events:
        assert event["transaction"] == "/{what}/reconnect/{token}/"
        assert event["tags"]["request_id"]
        assert "user" not in event
        assert set(event.get("request", {})) <= {"method"}


def test_lines_of_the_log_before_the_error_are_told_without_what_they_named(told: Ingest) -> None:
    crumbs = [
        crumb["message"] for event in told.events for crumb in event.get("breadcrumbs", {}).get("values", [])
    ]

    assert any("Mailed [email] the code [secret], [link]" in message for message in crumbs)


def test_without_its_address_sentry_is_not_even_loaded() -> None:
    program = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['manage.py', 'runserver']; {program}"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SENTRY_DSN": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split()[-1] == "False"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://abc@o1.ingest.sentry.io/42", True),
        ("http://abc@127.0.0.1:9000/1", True),
        ("https://abc@sentry.example/with/a/path/42", True),
        ("", False),
        ("https://sentry.io/42", False),
        ("https://abc@o1.ingest.sentry.io/", False),
        ("https://abc@o1.ingest.sentry.io/project", False),
        ("https://abc@o1.ingest.sentry.io:port/1", False),
        ("abc@o1.ingest.sentry.io/42", False),
        ("https://[abc/1", False),
    ],
)
def test_address_that_sentry_would_not_take_is_told(text: str, is_one: bool) -> None:
    assert is_dsn(text) is is_one
