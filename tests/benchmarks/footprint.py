"""What a web process costs: its memory, after its start and after many requests, and the time until it answers.

Beside it an empty Django project, started by the same gunicorn with workers of the same kind.
"""

import statistics
import time
from pathlib import Path

from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import Environment, environment, gunicorn, gunicorn_process, migrate
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, prepared, requests_per_second

STARTS = 5
REQUESTS_SECONDS = 30.0
PLAIN_DJANGO = "django.core.wsgi:get_wsgi_application()"
APPLICATIONS = {"portal": "onboarding_portal.wsgi", "empty": PLAIN_DJANGO}
PAGES = ["/", "/accounts/login/", "/static/portal.css"]


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """Megabytes and ratios; memory is what the process has for itself, its share of what it shares included (PSS)."""
    seconds, starts = (1.0, 1) if quick else (REQUESTS_SECONDS, STARTS)
    with new_database(kind) as url:
        portal = environment(url)
        migrate(portal)
        pairs = [(start_seconds(portal, "portal"), start_seconds(portal, "empty")) for _ in range(starts)]
        new, old, count = _memory(portal, "portal", seconds=seconds)
        empty, *_ = _memory(portal, "empty", seconds=0)
    start = statistics.median(ours / theirs for ours, theirs in pairs)
    return [
        Figure(what="start of a web process / of an empty Django's", database=kind, value=start),
        Figure(what="… seconds", database=kind, value=statistics.median(ours for ours, _ in pairs)),
        Figure(what="memory of a web process / of an empty Django's", database=kind, value=new / empty),
        Figure(what="… MB", database=kind, value=new, goal="≤ 120"),
        Figure(
            what=f"… after {count:,} requests / after its start", database=kind, value=old / new, goal="≤ 1.3"
        ),
        Figure(what="… MB", database=kind, value=old),
    ]


def surroundings_of(portal: Environment, name: str) -> Environment:
    return (
        portal
        if name == "portal"
        else {**portal, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.empty_settings"}
    )


def start_seconds(portal: Environment, name: str) -> float:
    """From gunicorn's start to the first answer of any status."""
    began_at = time.perf_counter()
    with (
        gunicorn(surroundings_of(portal, name), application=APPLICATIONS[name]) as port,
        Connection(port) as visitor,
    ):
        visitor.ask(prepared(method="GET", path="/", cookies={}))
        return time.perf_counter() - began_at


def _memory(portal: Environment, name: str, *, seconds: float) -> tuple[float, float, int]:
    """In MB: after the first answers, and after as many requests as come in these seconds; and how many came."""
    application = APPLICATIONS[name]
    with gunicorn_process(surroundings_of(portal, name), application=application) as (port, master):
        pages = [prepared(method="GET", path=path, cookies={}) for path in PAGES]
        with Connection(port) as visitor:
            for page in pages:
                visitor.ask(page)
        new = _worker_megabytes(master)
        rate = requests_per_second(pages, port=port, seconds=seconds, expected=200) if seconds else 0
        return new, _worker_megabytes(master), round(rate * seconds)


def _worker_megabytes(master: int) -> float:
    (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
