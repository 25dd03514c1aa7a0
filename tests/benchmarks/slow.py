"""Everybody else's page beside 500 slow visitors, and beside none, in turns, on one web process of four threads."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from onboarding_portal.web_server.limits import REQUEST_SECONDS
from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import PYTHON, ROOT, Environment, environment, gunicorn, migrate
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, prepared
from tests.benchmarks.slow_visitors import WAYS

SLOW = 500
VISITORS = 4
ROUNDS = 5
PAGE = prepared(method="GET", path="/accounts/login/", cookies={})
HEALTH = prepared(method="GET", path="/healthz", cookies={})
SENT_AWAY = {"headers": REQUEST_SECONDS, "body": REQUEST_SECONDS, "idle": 5.0}
LOOKS_SECONDS = 2.0  # how much later the server, and the visitor, may notice


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """Ratios of the 95th percentile of a page's time, with slow visitors / without."""
    seconds, rounds = (2.0, 1) if quick else (8.0, ROUNDS)
    with new_database(kind) as url:
        portal = environment(url)
        migrate(portal)
        with gunicorn(portal, keep_alive=5) as port:
            times_of(port, PAGE, seconds=2.0)
            return [one for way in WAYS for one in _figures(portal, port, way, kind, seconds, rounds)]


def _figures(
    portal: Environment, port: int, way: str, kind: str, seconds: float, rounds: int
) -> Iterator[Figure]:
    ratios, health, longest = [], 0.0, 0.0
    for _ in range(rounds):
        before = percentile_95(times_of(port, PAGE, seconds=seconds))
        with slow_visitors(portal, port, way) as told:
            times = times_of(port, PAGE, seconds=max(seconds, REQUEST_SECONDS + LOOKS_SECONDS))
            health = max(health, *times_of(port, HEALTH, seconds=1.0))
        longest = max(longest, float(told[-1]))
        after = percentile_95(times_of(port, PAGE, seconds=seconds))
        ratios.append(percentile_95(times) / statistics.mean((before, after)))
    what = f"{SLOW} slow visitors ({way}): 95th percentile of a page, with / without"
    yield Figure(what=what, database=kind, value=statistics.median(ratios), goal="≤ 2")
    yield Figure(what="… slowest /healthz, seconds", database=kind, value=health, goal="≤ 1")
    if way in SENT_AWAY:
        goal = f"≤ {SENT_AWAY[way] + LOOKS_SECONDS:.0f}"
        yield Figure(
            what="… longest until one is sent away, seconds", database=kind, value=longest, goal=goal
        )


def percentile_95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def times_of(port: int, request: bytes, *, seconds: float) -> list[float]:
    """How long each answer took, for a few visitors at once, each with a connection for each request."""
    times: list[float] = []

    def visit() -> None:
        until = time.perf_counter() + seconds
        while (began_at := time.perf_counter()) < until:
            with Connection(port) as connection:
                assert connection.ask(request).status == 200
            times.append(time.perf_counter() - began_at)

    threads = [Thread(target=visit) for _ in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


@contextmanager
def slow_visitors(portal: Environment, port: int, way: str) -> Iterator[list[str]]:
    """They are there inside; afterwards the last of the list is what they told."""
    command = [PYTHON, "-m", "tests.benchmarks.slow_visitors", str(port), way, str(SLOW)]
    told: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, env=portal, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        told.append(running.stdout.readline())
        try:
            yield told
        finally:
            running.terminate()
            told.append(running.stdout.readline() or "0")
