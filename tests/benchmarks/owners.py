"""Staff's search for owners with 1,000,000 of them beside 10,000, on PostgreSQL, through gunicorn."""

from contextlib import ExitStack

from tests.benchmarks.admin import FEW, MANY, QUICK_MANY, ratio, serve
from tests.benchmarks.databases import POSTGRESQL
from tests.benchmarks.figures import Figure

PAGES = {
    "first page": "",
    "a part of an address that fits one": "?q=0007777%40fl",
    "a part of an address that fits all": "?q=fleet.exam",
    "a part of a name": "?q=me+9e6ac1",
    "two letters": "?q=a1",
    "a vehicle id": f"?q=VHCL{'7777'.zfill(26)}",
    "nobody": "?q=nobody%40nowhere",
}


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """How much longer each search takes with many owners than with few."""
    if kind != POSTGRESQL:
        return []
    many = QUICK_MANY if quick else MANY
    with ExitStack() as stack:
        sides = [
            serve(
                stack,
                module="owners_data",
                count=count,
                path="/admin/accounts/user/",
                queries=PAGES.values(),
            )
            for count in (FEW, many)
        ]
        return [
            Figure(
                what=f"users, {name}: {many:,} / {FEW:,}",
                database=kind,
                value=ratio(sides, query, rounds=7 if quick else 21),
                goal="≤ 1.5",
            )
            for name, query in PAGES.items()
        ]
