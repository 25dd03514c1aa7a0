"""A thousand links in one batch within the hourly budget, here 100 requests in 10 seconds with 20 kept for owners.

Two workers make the links while owners click Reconnect every few seconds. Then the same while workers are killed and
the sandbox fails every tenth call.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from onboarding_portal.ev_energy.budget import STAFF_SHARE
from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import (
    MANAGE,
    PYTHON,
    ROOT,
    Environment,
    environment,
    gunicorn,
    inside,
    migrate,
    process,
    sandbox,
    with_sandbox,
)
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, prepared

VEHICLES, QUICK_VEHICLES = 1000, 200
LIMIT, WINDOW_SECONDS, RESERVE = 100, 10, 20
WORKERS = 2
CLICK_EVERY_SECONDS = 3.0
CLICKS = 150
KILL_EVERY_SECONDS = 12.0
PATIENCE_SECONDS = 600.0


@dataclass(slots=True, kw_only=True)
class Run:
    """What was seen while a batch ran."""

    batch: int = 0
    seconds: float = 0.0
    kills: int = 0
    clicks: list[float] = field(default_factory=list)  # seconds until the owner was sent to ev.energy
    refused: list[int] = field(default_factory=list)  # other statuses than the redirect
    samples: list[tuple[float, int]] = field(default_factory=list)  # (seconds, requests so far)
    statistics: dict[str, Any] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)

    @property
    def use(self) -> float:
        """Which part of what lies above the reserve and staff's share was used, over the whole windows of the run."""
        windows = int(self.seconds // WINDOW_SECONDS)
        end = windows * WINDOW_SECONDS
        used = max(count for moment, count in self.samples if moment <= end)
        return used / (windows * (LIMIT - RESERVE) * (1 - STAFF_SHARE))


def measure(*, kind: str, quick: bool) -> list[Figure]:
    vehicles = QUICK_VEHICLES if quick else VEHICLES
    calm = _run(kind=kind, vehicles=vehicles)
    rough = _run(kind=kind, vehicles=vehicles, is_rough=True)
    return [
        Figure(
            what="batch: use of the budget above the reserve", database=kind, value=calm.use, goal="≥ 0.95"
        ),
        *_figures("batch", calm, kind),
        Figure(what="batch, rough: workers killed", database=kind, value=rough.kills),
        *_figures("batch, rough", rough, kind),
    ]


def _figures(name: str, run: Run, kind: str) -> Iterator[Figure]:
    counts = {
        "answers 429": run.statistics["rate_limited"],
        "vehicles without exactly one link or failure": run.outcome["without_end"]
        + run.batch
        - run.outcome["vehicles"],
        "links doubled in the portal": run.outcome["links"] - run.outcome["different_links"],
    }
    for what, value in counts.items():
        yield Figure(what=f"{name}: {what}", database=kind, value=value, goal="= 0")
    yield Figure(what=f"{name}: links of {run.batch}", database=kind, value=run.outcome["links"])
    yield Figure(what=f"{name}: seconds", database=kind, value=run.seconds)
    extra = sum(run.statistics["reconnect_links"].values()) - len(run.statistics["reconnect_links"])
    yield Figure(what=f"{name}: links ev.energy made twice", database=kind, value=extra)
    # Where every tenth call fails, an owner may be asked to try again; what counts is that nobody waits.
    goal = "" if run.kills else "= 0"
    yield Figure(
        what=f"{name}: clicks refused of {len(run.clicks)}", database=kind, value=len(run.refused), goal=goal
    )
    yield Figure(what=f"{name}: slowest click, seconds", database=kind, value=max(run.clicks), goal="≤ 2")


def _run(*, kind: str, vehicles: int, is_rough: bool = False) -> Run:
    fleet = ["--vehicles", str(vehicles + CLICKS), "--inactive-share", "1"]
    limits = ["--limit", str(LIMIT), "--window", str(WINDOW_SECONDS)]
    with ExitStack() as stack:
        url = stack.enter_context(new_database(kind))
        origin = stack.enter_context(sandbox(*fleet, *limits))
        portal = with_sandbox(environment(url, **_budget()), origin)
        migrate(portal)
        scene = inside(portal, "batch_data.read_fleet", vehicles=vehicles + CLICKS, clicks=CLICKS)
        port = stack.enter_context(gunicorn(portal))
        workers = stack.enter_context(_workers(portal))
        time.sleep(WINDOW_SECONDS)  # what the sync spent leaves the window
        if is_rough:
            _put(f"{origin}/_sandbox/behaviour", {"error_rate": 0.1})
        requests.delete(f"{origin}/_sandbox/statistics", timeout=10).raise_for_status()
        run = Run(batch=inside(portal, "batch_data.start_batch", leave_out=_half_of(scene["owners"])))
        stack.enter_context(process(portal, [PYTHON, "-m", "tests.benchmarks.sweeper"]))
        _watch(run, portal, origin=origin, port=port, scene=scene, workers=workers if is_rough else None)
        run.statistics = _statistics(origin)
        run.outcome = inside(portal, "batch_data.outcome")
    return run


def _budget() -> dict[str, str]:
    return {
        "EV_ENERGY_RESERVED_REQUESTS": str(RESERVE),
        "EV_ENERGY_RATE_WINDOW_SECONDS": str(WINDOW_SECONDS),
    }


def _half_of(owners: list[tuple[str, str]]) -> list[str]:
    """Every second owner's vehicle is in the batch as well: the click and the batch must get along."""
    return [vehicle_id for _, vehicle_id in owners[::2]]


def _watch(
    run: Run,
    portal: Environment,
    *,
    origin: str,
    port: int,
    scene: dict[str, Any],
    workers: "_Workers | None",
) -> None:
    """Lets owners click, takes samples and kills workers, until nothing of the batch waits any more."""
    ends = threading.Event()
    started = time.monotonic()
    threads = [threading.Thread(target=_click, args=[run, ends, port, scene])]
    threads += [threading.Thread(target=_sample, args=[run, ends, origin, started])]
    threads += [threading.Thread(target=workers.kill_some, args=[run, ends])] if workers else []
    for thread in threads:
        thread.start()
    try:
        is_done = inside(portal, "batch_data.wait_until_done", patience_seconds=PATIENCE_SECONDS)
        assert is_done, "The batch does not end."
        run.seconds = time.monotonic() - started
    finally:
        ends.set()
        for thread in threads:
            thread.join()


def _click(run: Run, ends: threading.Event, port: int, scene: dict[str, Any]) -> None:
    body = urlencode({"csrfmiddlewaretoken": scene["csrf"]})
    for session, vehicle_id in scene["owners"]:
        if ends.wait(CLICK_EVERY_SECONDS):
            return
        cookies = {"session": session, "csrf": scene["csrf"]}
        request = prepared(
            method="POST", path=f"/vehicles/{vehicle_id}/reconnect/", cookies=cookies, body=body
        )
        with Connection(port) as connection:
            started = time.monotonic()
            answer = connection.ask(request)
            run.clicks.append(time.monotonic() - started)
        if answer.status != 302:
            run.refused.append(answer.status)


def _sample(run: Run, ends: threading.Event, origin: str, started: float) -> None:
    while True:
        total = _statistics(origin)["counted"]
        run.samples.append((time.monotonic() - started, total))
        if ends.wait(0.25):
            return


def _statistics(origin: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{origin}/_sandbox/statistics", timeout=10).json()
    # The token's own endpoint has no limit and is not counted against it.
    uncounted = sum(found["requests"].get("token", {}).values())
    return {**found, "counted": found["total"] - uncounted}


def _put(url: str, values: dict[str, object]) -> None:
    requests.put(url, json=values, timeout=10).raise_for_status()


class _Workers:
    def __init__(self, portal: Environment) -> None:
        self._portal = portal
        self._running = [self._start() for _ in range(WORKERS)]

    def kill_some(self, run: Run, ends: threading.Event) -> None:
        """Kills one of them every few seconds, at whatever it is doing, and starts another."""
        chance = random.Random(run.batch)
        while not ends.wait(KILL_EVERY_SECONDS * chance.uniform(0.7, 1.3)):
            victim = self._running.pop(0)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            run.kills += 1
            self._running.append(self._start())

    def end(self) -> None:
        for worker in self._running:
            worker.terminate()
        for worker in self._running:
            worker.wait(timeout=20)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*MANAGE, "db_worker"],
            cwd=ROOT,
            env=self._portal,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def _workers(portal: Environment) -> Iterator[_Workers]:
    workers = _Workers(portal)
    try:
        yield workers
    finally:
        workers.end()
