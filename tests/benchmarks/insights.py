"""Staff's first page with 1,000,000 vehicles, 3,000,000 episodes and 1,000,000 reconnects beside a hundredth of that.

On PostgreSQL, through gunicorn, in turns at both; the ratio is that of the medians. The number of queries must be the
same. How long the clock takes to count is told beside it, in seconds.
"""

from contextlib import ExitStack

from tests.benchmarks.admin import FEW, MANY, QUICK_MANY, ratio, serve
from tests.benchmarks.databases import POSTGRESQL
from tests.benchmarks.deployment import inside
from tests.benchmarks.figures import Figure

PAGES = {
    "7 days": "?days=7",
    "30 days": "?days=30",
    "90 days": "?days=90",
    "CSV of makes": "insights/cars-by-make.csv?days=90",
}


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """How much longer the page takes with many vehicles than with few."""
    if kind != POSTGRESQL:
        return []
    many = QUICK_MANY if quick else MANY
    with ExitStack() as stack:
        sides = [
            serve(stack, module="insights_data", count=count, path="/admin/", queries=PAGES.values())
            for count in (FEW, many)
        ]
        ratios = {name: ratio(sides, query, rounds=7 if quick else 21) for name, query in PAGES.items()}
        seconds = inside(sides[1].portal, "insights_data.seconds_to_count")
    return [
        Figure(what=f"first page, {name}: {many:,} / {FEW:,}", database=kind, value=value, goal="≤ 1.5")
        for name, value in ratios.items()
    ] + [
        Figure(
            what="first page: pages whose number of queries differs",
            database=kind,
            value=sum(few != much for few, much in zip(sides[0].queries, sides[1].queries, strict=True)),
            goal="= 0",
        ),
        Figure(what="first page: most queries", database=kind, value=max(sides[1].queries)),
        Figure(what=f"first page: seconds to count {many:,}", database=kind, value=seconds, goal="≤ 60"),
    ]
