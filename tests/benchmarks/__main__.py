"""All benchmarks, as one table of ratios: `python -m tests.benchmarks [--only start|admin|…] [--quick]`.

They run on SQLite, and on the PostgreSQL server of DATABASE_URL if it names one; its user must be allowed to create
databases. `--quick` is for trying whether the benchmarks themselves work; its figures mean little.
"""

import sys
from argparse import ArgumentParser

from tests.benchmarks import (
    admin,
    batch,
    bookkeeping,
    events,
    footprint,
    hostile,
    insights,
    many,
    owners,
    pages,
    size,
    slow,
    slow_answers,
    start,
    sync,
)
from tests.benchmarks.databases import kinds
from tests.benchmarks.figures import Figure, table

PARTS = {
    "start": start.measure,
    "admin": admin.measure,
    "owners": owners.measure,
    "pages": pages.measure,
    "insights": insights.measure,
    "batch": batch.measure,
    "sync": sync.measure,
    "slow": slow.measure,
    "slow_answers": slow_answers.measure,
    "hostile": hostile.measure,
    "many": many.measure,
    "events": events.measure,
    "footprint": footprint.measure,
    "size": size.measure,
    "bookkeeping": bookkeeping.measure,
}


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    figures: list[Figure] = []
    for name in options.only or PARTS:
        for kind in kinds():
            sys.stderr.write(f"{name} on {kind} …\n")
            found = PARTS[name](kind=kind, quick=options.quick)
            sys.stderr.write(f"{table(found)}\n\n")
            figures += found
    sys.stdout.write(f"{table(figures)}\n")


if __name__ == "__main__":
    main()
