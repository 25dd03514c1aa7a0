"""What a call to ev.energy costs us beside the call: statements, and how many a second 1, 4, 16 processes can book.

Nothing is sent: a call is booked, and answered at once. The cache is the default one, a table of the database.
"""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import PYTHON, ROOT, Environment, environment, inside, manage
from tests.benchmarks.figures import Figure

LIMIT = 10_000
PROCESSES = [1, 4, 16]
RANKS = ["owner", "bulk"]
STARTING_SECONDS = 1.5  # for each process: Django has to be imported, on few cores


def measure(*, kind: str, quick: bool) -> list[Figure]:
    if kind != POSTGRESQL:
        return []  # one writer at a time: several processes wait for the file, not for our lock
    found: list[Figure] = []
    with new_database(kind) as url:
        portal = environment(url)
        manage(portal, "createcachetable")
        for rank in RANKS:
            alone = inside(portal, "bookkeeping.spend", rank=rank, calls=20 if quick else 200, start_at=0)
            found.append(
                Figure(
                    what=f"bookkeeping of a call of rank {rank}: statements",
                    database=kind,
                    value=alone["statements"],
                    goal="≤ 6" if rank == "bulk" else "",
                )
            )
            for count in PROCESSES[:2] if quick else PROCESSES:
                value = _calls_a_second(
                    portal, rank=rank, processes=count, calls=20 if quick else 1600 // count
                )
                what = f"… calls a second, {count} processes"
                found.append(Figure(what=what, database=kind, value=value))
    return found


def _calls_a_second(portal: Environment, *, rank: str, processes: int, calls: int) -> float:
    inside(portal, "bookkeeping.begin_anew")
    start_at = time.time() + 2 + STARTING_SECONDS * processes
    arguments = json.dumps({"rank": rank, "calls": calls, "start_at": start_at})
    command = [PYTHON, "-m", "tests.benchmarks.inside", "bookkeeping.spend", arguments]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=portal, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    ends = [json.loads(process.communicate()[0].splitlines()[-1])["ended_at"] for process in running]
    return processes * calls / (max(ends) - start_at)


def begin_anew() -> None:
    """Runs in a process with the database: an empty window whose limit is known."""
    from django.core.cache import cache  # noqa: PLC0415  needs settings

    from onboarding_portal.ev_energy.budget import get_budget  # noqa: PLC0415  as above
    from tests.ev_energy.rolling_server import answer  # noqa: PLC0415  as above

    cache.clear()
    get_budget().settle([get_budget().reserve()], answer=answer(limit=LIMIT))


def spend(*, rank: str, calls: int, start_at: float) -> dict[str, float]:
    """Runs in a process with the database: statements for each call, and when the last one was booked."""
    from django.db import connection  # noqa: PLC0415  needs settings

    from onboarding_portal.ev_energy.budget import get_budget  # noqa: PLC0415  as above
    from onboarding_portal.ev_energy.priority import Priority, priority  # noqa: PLC0415  as above
    from tests.ev_energy.rolling_server import answer  # noqa: PLC0415  as above

    statements = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    budget, said = get_budget(), answer(limit=LIMIT)
    budget.snapshot()  # connected
    time.sleep(max(0.0, start_at - time.time()))
    with connection.execute_wrapper(count), priority(Priority(rank)):
        for _ in range(calls):
            budget.settle([budget.reserve()], answer=said)
    return {"statements": statements / calls, "ended_at": time.time()}
