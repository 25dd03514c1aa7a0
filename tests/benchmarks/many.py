"""Many at once: a list of 100,000 rows as CSV through PgBouncer by transactions, and a file of 10,000 invitations.

Memory is what the serving process needed at most, with 6,250 rows and with all of them; and what Python held at most
while the file was read, checked and confirmed.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import requests

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import environment, gunicorn_process, inside, migrate
from tests.benchmarks.figures import Figure
from tests.rehearsal.pgbouncer import pgbouncer

ROWS, QUICK_ROWS = 100_000, 10_000
FILE_ROWS, BAD_ROWS = 10_000, 100
LIST = "admin/vehicles/vehicle/csv/"
MEBIBYTE = 1024 * 1024


def measure(*, kind: str, quick: bool) -> list[Figure]:
    if kind != POSTGRESQL:
        return []
    rows = QUICK_ROWS if quick else ROWS
    with ExitStack() as stack:
        url = stack.enter_context(new_database(POSTGRESQL))
        portal = environment(url, LOG_LEVEL="WARNING")
        migrate(portal)
        session = inside(portal, "admin_data.prepare", count=rows)
        pooled = environment(stack.enter_context(pgbouncer(url)), LOG_LEVEL="WARNING")
        port, pid = stack.enter_context(gunicorn_process(pooled))
        _download(port, session, "?integration__exact=INACTIVE")
        before = _most_memory(pid)
        started = time.perf_counter()
        lines = _download(port, session, "")
        seconds = time.perf_counter() - started
        grown = _most_memory(pid) - before
        file = inside(portal, "many_data.file_in", rows=FILE_ROWS, bad=BAD_ROWS)
    return [
        _figure(f"list as CSV through PgBouncer: rows of {rows:,}", lines - 1, f"= {rows}"),
        _figure("list as CSV through PgBouncer: seconds", seconds),
        _figure("list as CSV: MB more memory than for a sixteenth of the rows", grown / MEBIBYTE, "≤ 10"),
        _figure(f"file of {FILE_ROWS:,} invitations: invited", file["invited"], f"= {FILE_ROWS - BAD_ROWS}"),
        _figure(f"file of {FILE_ROWS:,} invitations: seconds, with memory traced", file["seconds"]),
        _figure(f"file of {FILE_ROWS:,} invitations: MB at most", file["peak"] / MEBIBYTE, "≤ 20"),
    ]


def _figure(what: str, value: float, goal: str = "") -> Figure:
    return Figure(what=what, database=POSTGRESQL, value=value, goal=goal)


def _download(port: int, session: str, query: str) -> int:
    """Returns how many lines came."""
    answer = requests.get(
        f"http://127.0.0.1:{port}/{LIST}{query}", cookies={"session": session}, stream=True, timeout=300
    )
    assert answer.status_code == 200, answer.status_code
    return sum(piece.count(b"\n") for piece in answer.iter_content(65_536))


def _most_memory(pid: int) -> int:
    """Of gunicorn's workers, in bytes."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = [line for worker in workers for line in Path(f"/proc/{worker}/status").read_text().splitlines()]
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
