"""`sync_vehicles` of 100,000 vehicles beside 10,000: memory, time for each, and a run that is killed half-way.

The vehicles come from a sandbox in a process of its own, over HTTP, in pages of 100.
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
    inside,
    migrate,
    process,
    sandbox,
    with_sandbox,
)
from tests.benchmarks.figures import Figure

FEW, MANY, QUICK_FEW, QUICK_MANY = 10_000, 100_000, 1_000, 5_000
PAGE = 100


def measure(*, kind: str, quick: bool) -> list[Figure]:
    few, many = (QUICK_FEW, QUICK_MANY) if quick else (FEW, MANY)
    sides = [_sync(kind=kind, vehicles=vehicles) for vehicles in (few, many)]
    small, large = sides
    label = f"sync of {many:,} / {few:,} vehicles"
    return [
        Figure(
            what=f"{label}: time for each", database=kind, goal="≤ 1.5", value=_each(large) / _each(small)
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
            what=f"sync of {few:,} vehicles killed half-way, then again: vehicles missing",
            database=kind,
            goal="= 0",
            value=_missing_after_kill(kind=kind, vehicles=few),
        ),
    ]


def _each(side: dict[str, float]) -> float:
    return side["seconds"] / side["vehicles"]


def _requests(side: dict[str, float]) -> float:
    return side["pages"] * PAGE / side["vehicles"]


def _sync(*, kind: str, vehicles: int) -> dict[str, float]:
    with (
        new_database(kind) as url,
        sandbox("--vehicles", str(vehicles), "--limit", "1000000") as origin,
    ):
        portal = _portal(url, origin, vehicles=vehicles)
        first: dict[str, float] = inside(portal, "sync_data.sync")
        assert first["vehicles"] == vehicles, first
        return first


def _missing_after_kill(*, kind: str, vehicles: int) -> int:
    """Kills the command once half of the pages are stored; returns how many vehicles the second run left out."""
    with (
        new_database(kind) as url,
        sandbox("--vehicles", str(vehicles), "--limit", "1000000") as origin,
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
    statistics = requests.get(f"{origin}/_sandbox/statistics", timeout=10).json()
    return sum(statistics["requests"].get("get-vehicles", {}).values())


def _portal(url: str, origin: str, *, vehicles: int) -> Environment:
    portal = with_sandbox(environment(url), origin)
    migrate(portal)
    inside(portal, "sync_data.add_owners", vehicles=vehicles)
    return portal
