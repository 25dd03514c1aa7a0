"""Staff's list of vehicles with 1,000,000 of them beside 10,000, on PostgreSQL, through gunicorn.

Each page is asked for in turns at both; the ratio is that of the medians. The number of queries must be the same.
"""

import statistics
import time
from collections.abc import Iterable
from contextlib import ExitStack

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import Environment, environment, gunicorn, inside, migrate
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, prepared

FEW, MANY, QUICK_MANY = 10_000, 1_000_000, 100_000
LIST = "/admin/vehicles/vehicle/"
MAKE = "vmak" + "7".zfill(26)
PAGES = {
    "first page": "",
    "integration active": "?integration__exact=ACTIVE",
    "integration inactive": "?integration__exact=INACTIVE",
    "integration none": "?integration__exact=UNINTEGRATED",
    "stale": "?stale=yes",
    "not stale": "?stale=no",
    "reason": "?stale_reason__exact=SILENT",
    "cause": "?cause__exact=PROVIDER_DOWN",
    "silent for a week": "?silent=7",
    "silent for 90 days": "?silent=90",
    "never sent data": "?silent=never",
    "make": f"?make__make_id__exact={MAKE}",
    "removed": "?removed=yes",
    "not removed": "?removed=no",
    "search by e-mail": "?q=owner0000777%40fleet.example",
    "search by a beginning that fits 100 owners": "?q=owner00077",
    "search by vehicle id": f"?q=vhcl{'7777'.zfill(26)}",
    "search for nobody": "?q=nobody%40nowhere.example",
}


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """How much longer each page takes with many vehicles than with few."""
    if kind != POSTGRESQL:
        return []
    many = QUICK_MANY if quick else MANY
    with ExitStack() as stack:
        sides = [side(stack, count=count) for count in (FEW, many)]
        ratios = {name: ratio(sides, query, rounds=7 if quick else 21) for name, query in PAGES.items()}
    return [
        Figure(what=f"vehicle list, {name}: {many:,} / {FEW:,}", database=kind, value=ratio, goal="≤ 1.5")
        for name, ratio in ratios.items()
    ] + [
        Figure(
            what="vehicle list: pages whose number of queries differs",
            database=kind,
            value=sum(few != much for few, much in zip(sides[0].queries, sides[1].queries, strict=True)),
            goal="= 0",
        ),
        Figure(what="vehicle list: most queries of a page", database=kind, value=max(sides[1].queries)),
    ]


class Side:
    """One of the two databases, served."""

    def __init__(
        self, *, port: int, session: str, queries: list[int], list_path: str, portal: Environment
    ) -> None:
        self.queries = queries
        self.portal = portal
        self._path = list_path
        self._port = port
        self._session = session

    def seconds(self, query: str) -> float:
        request = prepared(method="GET", path=f"{self._path}{query}", cookies={"session": self._session})
        with Connection(self._port) as connection:
            started = time.perf_counter()
            answer = connection.ask(request)
            seconds = time.perf_counter() - started
        assert answer.status == 200, f"{query}: {answer.status}"
        return seconds


def side(stack: ExitStack, *, count: int) -> Side:
    return serve(stack, module="admin_data", count=count, path=LIST, queries=PAGES.values())


def serve(stack: ExitStack, *, module: str, count: int, path: str, queries: Iterable[str]) -> Side:
    """A database filled by `module`, and the portal on it."""
    portal = environment(stack.enter_context(new_database(POSTGRESQL)))
    migrate(portal)
    session = inside(portal, f"{module}.prepare", count=count)
    counted = inside(portal, f"{module}.count_queries", paths=[f"{path}{query}" for query in queries])
    port = stack.enter_context(gunicorn(portal))
    return Side(port=port, session=session, queries=counted, list_path=path, portal=portal)


def ratio(sides: list[Side], query: str, *, rounds: int) -> float:
    for side in sides:
        side.seconds(query)
    measured = [[side.seconds(query) for side in sides] for _ in range(rounds)]
    few, many = (statistics.median(column) for column in zip(*measured, strict=True))
    return many / few
