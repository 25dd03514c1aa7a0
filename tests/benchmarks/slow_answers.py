"""Everybody else's pages while fifty owners come back at once and ev.energy takes five seconds over each answer.

The real gunicorn as the Procfile starts it, a worker, PostgreSQL, the sandbox. Rounds of the same load without and
with the fifty, in turns; an owner who comes back follows to the page that waits and looks at it every five seconds.
"""

import re
import shlex
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import (
    MANAGE,
    ROOT,
    Environment,
    environment,
    free_port,
    inside,
    migrate,
    process,
    sandbox,
    wait_until_listening,
    with_sandbox,
)
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, prepared

OWNERS = 50
ANSWER_MS = 5_000
ROUNDS = 3
ROUND_SECONDS = 15.0
PAGES = ["/", "/vehicles/", "/connect/", "/healthz"]
VISITORS = 2
PAUSE_SECONDS = 0.05
LOOKS_AGAIN_SECONDS = 5.0


@dataclass
class Heard:
    """How long each answer took in seconds; `others` by page."""

    others: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in PAGES})
    owners: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)


def measure(*, kind: str, quick: bool) -> list[Figure]:
    if kind != POSTGRESQL:
        return []
    rounds, seconds = (1, 6.0) if quick else (ROUNDS, ROUND_SECONDS)
    with sandbox("--limit", "100000") as origin, new_database(kind) as url:
        portal = with_sandbox(environment(url), origin)
        migrate(portal)
        cars = [new_car(origin, f"returning{number}@example.com") for number in range(OWNERS)]
        scene = inside(portal, "slow_answers_data.prepare", cars=cars, rounds=rounds, visitors=VISITORS)
        with procfile_web(portal) as port, process(portal, [*MANAGE, "db_worker"]):
            alone, beside = _take_turns(scene, origin=origin, port=port, seconds=seconds)
            connected = inside(portal, "slow_answers_data.wait_until_connected", patience_seconds=120.0)
    return _figures(alone, beside, connected=connected, of=rounds * OWNERS)


def _take_turns(scene: dict[str, Any], *, origin: str, port: int, seconds: float) -> tuple[Heard, Heard]:
    alone, beside = Heard(), Heard()
    _look_around(Heard(), scene["visitors"], port=port, seconds=2.0)
    for returns in scene["returns"]:
        _look_around(alone, scene["visitors"], port=port, seconds=seconds)
        _behave(origin, latency_ms=ANSWER_MS)
        # All at once, at a moment that has nothing to do with the visitors' own round of pages.
        threads = [threading.Timer(2.3, _come_back, args=(beside, each, port, seconds)) for each in returns]
        for thread in threads:
            thread.start()
        _look_around(beside, scene["visitors"], port=port, seconds=seconds)
        for thread in threads:
            thread.join()
        _behave(origin, latency_ms=0)
        time.sleep(OWNERS / 5)  # the worker catches up
    return alone, beside


def _look_around(heard: Heard, sessions: Sequence[str], *, port: int, seconds: float) -> None:
    """Visitors who look at one page after another for so long."""
    ends_at = time.monotonic() + seconds

    def visit(session: str, first: int) -> None:
        with Connection(port) as connection:
            while time.monotonic() < ends_at:
                for page in [*PAGES[first:], *PAGES[:first]]:
                    cookies = {} if page == "/" else {"session": session}
                    request = prepared(method="GET", path=page, cookies=cookies)
                    began = time.perf_counter()
                    answer = connection.ask(request)
                    heard.others[page].append(time.perf_counter() - began)
                    heard.statuses.add(answer.status)
                    time.sleep(PAUSE_SECONDS)

    threads = [
        threading.Thread(target=visit, args=(session, number % len(PAGES)))
        for number, session in enumerate(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _come_back(heard: Heard, coming: dict[str, str], port: int, seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    paths = [f"{coming['path']}?vehicle_uid={coming['vehicle_id']}", coming["path"]]
    while time.monotonic() < ends_at:
        for path in paths:
            began = time.perf_counter()
            with Connection(port) as connection:
                answer = connection.ask(
                    prepared(method="GET", path=path, cookies={"session": coming["session"]})
                )
            heard.owners.append(time.perf_counter() - began)
            heard.statuses.add(answer.status)
        if b"data-looks-again" not in answer.body:
            return
        paths = paths[-1:]
        # As the page says; there the attempt's id spreads them.
        time.sleep(LOOKS_AGAIN_SECONDS + int(coming["path"][-2], 16) % 6)


def _figures(alone: Heard, beside: Heard, *, connected: int, of: int) -> list[Figure]:
    everything = [
        _p95([each for page in heard.others.values() for each in page]) for heard in (alone, beside)
    ]
    ratio = everything[1] / everything[0]
    say = "50 owners come back, ev.energy takes 5 s"
    found = [
        Figure(
            what=f"{say}: everybody else's pages, 95th percentile",
            database=POSTGRESQL,
            value=ratio,
            goal="≤ 2",
        )
    ]
    for page in PAGES:
        value = _p95(beside.others[page]) / _p95(alone.others[page])
        found.append(Figure(what=f"… {page}", database=POSTGRESQL, value=value, goal="≤ 2"))
    slowest = max(max(times) for times in beside.others.values())
    return [
        *found,
        Figure(what="… 95th percentile without them, seconds", database=POSTGRESQL, value=everything[0]),
        Figure(what="… slowest of everybody else's pages, seconds", database=POSTGRESQL, value=slowest),
        Figure(
            what="… slowest page of an owner, seconds",
            database=POSTGRESQL,
            value=max(beside.owners),
            goal="≤ 10",
        ),
        Figure(
            what="… answers that are errors",
            database=POSTGRESQL,
            value=len({s for s in beside.statuses if s >= 400}),
            goal="= 0",
        ),
        Figure(
            what="… owners without their car in the end",
            database=POSTGRESQL,
            value=of - connected,
            goal="= 0",
        ),
    ]


def _p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def new_car(origin: str, email: str) -> dict[str, str]:
    """A car of a new owner, at ev.energy."""
    answer = requests.post(f"{origin}/_sandbox/vehicles", json={"email": email}, timeout=30)
    answer.raise_for_status()
    made = answer.json()
    return {"email": email, "user_id": made["user_id"], "vehicle_id": made["vehicle_ids"][0]}


def _behave(origin: str, **behaviour: Any) -> None:
    requests.put(f"{origin}/_sandbox/behaviour", json=behaviour, timeout=30).raise_for_status()


@contextmanager
def procfile_web(portal: Environment) -> Iterator[int]:
    """The Procfile's web process on a free port, which is yielded."""
    found = re.search(r"^web: (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert found
    port = free_port()
    program, *options = shlex.split(found[1])
    command = [sys.executable, "-m", program, *options]
    with process({**portal, "PORT": str(port), "WEB_CONCURRENCY": "1"}, command) as running:
        wait_until_listening(port, running)
        yield port
