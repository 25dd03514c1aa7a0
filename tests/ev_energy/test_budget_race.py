"""Real processes and threads at one budget, through the database's cache table."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.errors import BudgetExhausted
from onboarding_portal.ev_energy.priority import Priority, priority
from tests.ev_energy.rolling_server import RollingLimit

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def limited_ev_energy(limit: RollingLimit) -> Iterator[str]:
    """Tokens without end, reconnect links within the limit."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/o/token"):
                return self.say(200, {}, {"access_token": "t", "expires_in": 3600})
            got = limit.take(now=time.monotonic())
            return self.say(
                201 if got.status == 200 else 429, got.headers, {"url": "https://app.ev.energy/x"}
            )

        def say(self, status: int, headers: Any, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name http.server gives it
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run_spenders(
    database: dict[str, Any], limit: RollingLimit, *, reserve: int, processes: int, links: int
) -> None:
    """Each process makes so many links; returns when all have ended well."""
    with limited_ev_energy(limit) as url:
        environment = {
            **os.environ,
            "SPENDER_DATABASE": json.dumps(database),
            "SPENDER_URL": url,
            "SPENDER_LINKS": str(links),
            "SPENDER_RESERVE": str(reserve),
            "SPENDER_WINDOW": str(limit.window_seconds),
        }
        command = [sys.executable, "-m", "tests.ev_energy.spender"]
        prepares = {**environment, "SPENDER_PREPARES": "1"}
        subprocess.run(command, cwd=ROOT, env=prepares, check=True)
        spenders = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(processes)]
        assert [spender.wait(timeout=180) for spender in spenders] == [0] * processes


def test_processes_at_one_sqlite_file_meet_no_429(tmp_path: Path) -> None:
    limit = RollingLimit(limit=50, window_seconds=1.0)
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "cache.sqlite3"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }

    run_spenders(database, limit, reserve=10, processes=2, links=60)

    assert (limit.rate_limited, len(limit.served)) == (0, 120)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_processes_at_one_postgresql_database_meet_no_429() -> None:
    limit = RollingLimit(limit=50, window_seconds=1.0)
    known = connection.settings_dict
    database = {name: known[name] for name in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}

    run_spenders(database, limit, reserve=10, processes=2, links=60)

    assert (limit.rate_limited, len(limit.served)) == (0, 120)


def test_threads_take_exactly_what_is_above_the_reserve() -> None:
    budget = Budget(key="shared", window_seconds=3600, reserved_requests=900, staff_share=0.0)
    taken: list[int] = []
    together = threading.Barrier(8)

    def take() -> None:
        together.wait()
        with priority(Priority.BULK):
            for _ in range(20):
                try:
                    taken.append(budget.reserve().mark or 0)
                except BudgetExhausted:
                    return

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 100


@pytest.mark.django_db
def test_cache_table_that_is_missing_holds_up_bulk_alone(settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "no_such_table"}
    }
    budget = Budget(key="nowhere", window_seconds=3600, reserved_requests=1)

    assert budget.reserve().mark is None
    with priority(Priority.BULK), pytest.raises(BudgetExhausted):
        budget.reserve()
