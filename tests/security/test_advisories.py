"""The command that asks whether what we install is known to be weak, against a source of our own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# pip-audit's own imports are not ours to judge.
ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "ignore", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


class Source(ThreadingHTTPServer):
    """Speaks as osv.dev does. `weak` has what it knows: for each package, the version that mends it, "" for none."""

    weak: dict[str, str]
    status = 200


class Answer(BaseHTTPRequestHandler):
    server: Source

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        package = asked["package"]["name"]
        body = json.dumps(self.known(package) if package in self.server.weak else {}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def known(self, package: str) -> dict[str, Any]:
        fixed = self.server.weak[package]
        events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
        affected = {
            "package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        return {
            "vulns": [{"id": "GHSA-0000-0000-0000", "aliases": [], "details": "…", "affected": [affected]}]
        }

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def source() -> Iterator[Source]:
    with Source(("127.0.0.1", 0), Answer) as server:
        server.weak = {}
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(tmp_path: Path, url: str) -> tuple[int, str]:
    requirements = tmp_path / "requirements.txt"
    hashed = "--hash=sha256:" + "0" * 64
    requirements.write_text(f"django==5.2.1 {hashed}\nsegno==1.6.6 {hashed}\n")
    command = [sys.executable, ROOT / ".ci/advisories", requirements, "--osv-url", url]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_known_weakness_that_a_newer_version_mends_fails(source: Source, tmp_path: Path) -> None:
    source.weak = {"django": "5.2.9"}

    status, said = ask(tmp_path, f"http://127.0.0.1:{source.server_port}")

    assert status == 1, said
    assert "django 5.2.1: GHSA-0000-0000-0000, mended in 5.2.9" in said


@pytest.mark.parametrize(
    ("weak", "says"),
    [({}, "2 packages were checked"), ({"segno": ""}, "not mended anywhere yet")],
)
def test_nothing_known_or_nothing_to_be_done_does_not_fail(
    source: Source, tmp_path: Path, weak: dict[str, str], says: str
) -> None:
    source.weak = weak

    status, said = ask(tmp_path, f"http://127.0.0.1:{source.server_port}")

    assert (status, says in said) == (0, True), said


@pytest.mark.parametrize("how", ["down", "404", "500"])
def test_a_source_that_does_not_answer_is_said_and_does_not_fail(
    source: Source, tmp_path: Path, how: str
) -> None:
    source.status = 200 if how == "down" else int(how)
    port = 9 if how == "down" else source.server_port

    status, said = ask(tmp_path, f"http://127.0.0.1:{port}")

    assert status == 0, said
    assert "NOT checked" in said


def test_ci_asks() -> None:
    assert ".ci/advisories" in (ROOT / ".ci/run").read_text()
