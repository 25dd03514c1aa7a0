"""`sync_vehicles` of 100,000 and 1,000,000 vehicles beside 10,000: memory, time for each, and a run killed half-way.

The vehicles come over HTTP, in pages of 100, from a process of its own that makes them up as it is asked.
"""

import os
import signal
import time

import requests

from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import (
    MANAGE,
    Environment,
    environment,
    fleet,
    inside,
    migrate,
    process,
    with_sandbox,
)
from tests.benchmarks.figures import Figure

FEW, MORE, QUICK_FEW, QUICK_MORE = 10_000, [100_000, 1_000_000], 1_000, [5_000]
PAGE = 100


def measure(*, kind: str, quick: bool) -> list[Figure]:
    few, more = (QUICK_FEW, QUICK_MORE) if quick else (FEW, MORE)
    small = _sync(kind=kind, vehicles=few)
    figures = []
    for many in more:
        figures += _compared(small, _sync(kind=kind, vehicles=many), kind=kind)
    missing = Figure(
        what=f"sync of {few:,} vehicles killed half-way, then again: vehicles missing",
        database=kind,
        goal="= 0",
        value=_missing_after_kill(kind=kind, vehicles=few),
    )
    return [*figures, missing]


def _compared(small: dict[str, float], large: dict[str, float], *, kind: str) -> list[Figure]:
    label = f"sync of {large['vehicles']:,} / {small['vehicles']:,} vehicles"
    return [
        Figure(what=f"{label}: minutes", database=kind, value=large["seconds"] / 60),
        Figure(
            what=f"{label}: time for each", database=kind, goal="≤ 1.5", value=_each(large) / _each(small)
        ),
        Figure(
            what=f"{label}: the process's own computing for each",
            database=kind,
            goal="≤ 1.2",
            value=_each(large, "cpu_seconds") / _each(small, "cpu_seconds"),
        ),
        Figure(
            what=f"{label}: peak memory",
            database=kind,
            goal="≤ 1.2",
            value=large["peak_kib"] / small["peak_kib"],
        ),
        Figure(
            what=f"{label}: queries for each page",
            database=kind,
            goal="≤ 1.05",
            value=(large["queries"] / large["pages"]) / (small["queries"] / small["pages"]),
        ),
        Figure(what="list requests for each 100 vehicles", database=kind, goal="= 1", value=_requests(large)),
        Figure(
            what=f"{label}: what follows a reading (staleness, outages), seconds",
            database=kind,
            value=large["after_seconds"],
        ),
    ]


def _each(side: dict[str, float], what: str = "seconds") -> float:
    return side[what] / side["vehicles"]


def _requests(side: dict[str, float]) -> float:
    return side["pages"] * PAGE / side["vehicles"]


def _sync(*, kind: str, vehicles: int) -> dict[str, float]:
    with (
        new_database(kind) as url,
        fleet(vehicles=vehicles) as origin,
    ):
        portal = _portal(url, origin, vehicles=vehicles)
        first: dict[str, float] = inside(portal, "sync_data.sync")
        assert first["vehicles"] == vehicles, first
        return first


def _missing_after_kill(*, kind: str, vehicles: int) -> int:
    """Kills the command once half of the pages are stored; returns how many vehicles the second run left out."""
    with (
        new_database(kind) as url,
        fleet(vehicles=vehicles) as origin,
    ):
        portal = _portal(url, origin, vehicles=vehicles)
        with process(portal, [*MANAGE, "sync_vehicles"]) as command:
            while _pages_read(origin) < vehicles / PAGE / 2:
                assert command.poll() is None, "The sync ended before it could be killed."
                time.sleep(0.005)
            os.kill(command.pid, signal.SIGKILL)
            command.wait()
        before = inside(portal, "sync_data.stored")
        assert before["vehicles"] < vehicles, "The sync was over before it was killed."
        after = inside(portal, "sync_data.sync")
        assert after["runs"] == 1, "The second process did not go on with the run of the first."
        # Killed between a page's answer and its commit, that page is read again; no page is stored twice.
        assert after["pages"] == vehicles / PAGE, after
        return int(vehicles - after["vehicles"])


def _pages_read(origin: str) -> int:
    return int(requests.get(f"{origin}/pages_given", timeout=10).json())


def _portal(url: str, origin: str, *, vehicles: int) -> Environment:
    portal = with_sandbox(environment(url), origin)
    migrate(portal)
    inside(portal, "sync_data.add_owners", vehicles=vehicles)
    return portal
