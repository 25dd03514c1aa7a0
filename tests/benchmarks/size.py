"""The size of the database after twelve months with 200,000 vehicles, and what a purge of many rows takes.

A sample of each kind of row is stored, its bytes are measured with its indexes, and multiplied by how many there are
then. Those numbers are assumptions, stated in docs/scale.md; what the purge removes by then is left out. PostgreSQL
only.
"""

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import environment, inside, migrate
from tests.benchmarks.figures import Figure

SAMPLE, QUICK_SAMPLE = 10_000, 500
PURGED, QUICK_PURGED = 100_000, 2_000
MIB = 2**20


def measure(*, kind: str, quick: bool) -> list[Figure]:
    if kind != POSTGRESQL:
        return []
    with new_database(kind) as url:
        portal = environment(url, LOG_LEVEL="WARNING")
        migrate(portal)
        sizes = inside(portal, "size_data.measure", sample=QUICK_SAMPLE if quick else SAMPLE)
        count = QUICK_PURGED if quick else PURGED
        inside(portal, "size_data.add_old_reconnects", count=count)
        purged = inside(portal, "size_data.purge_all", count=count)
    figures = []
    for size in sizes:
        label, mib = size["label"], size["rows"] * size["bytes"] / MIB
        figures.append(Figure(what=f"{label}: bytes a row", database=kind, value=size["bytes"]))
        figures.append(Figure(what=f"… {size['rows']:,} rows, MiB", database=kind, value=mib))
    total = sum(size["rows"] * size["bytes"] for size in sizes) / MIB
    figures.append(Figure(what="all after 12 months with 200,000 vehicles, MiB", database=kind, value=total))
    return [*figures, *_purge(purged, kind=kind)]


def _purge(purged: dict[str, float], *, kind: str) -> list[Figure]:
    label = f"purge of {purged['count']:,} reconnects with 6 steps each"
    return [
        Figure(what=f"{label}: seconds", database=kind, value=purged["seconds"]),
        Figure(
            what="… longest statement, seconds", database=kind, goal="≤ 0.5", value=purged["longest_seconds"]
        ),
        Figure(what="… growth of memory, MiB", database=kind, goal="≤ 20", value=purged["grown_mib"]),
    ]
