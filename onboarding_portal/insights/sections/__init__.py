"""The parts of the first page: figures that were counted, with words, links to the lists behind them, and charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onboarding_portal.insights.chart import Chart
from onboarding_portal.insights.sections import cars, connecting, ready, repairs
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.tables import Table

Trend = tuple[Chart, Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`right` is what staff need to see it; `prefixes` begin the names of its tables."""

    order: int
    prefixes: tuple[str, ...]
    template: str
    right: str
    tables: Callable[[Figures], Sequence[Table]]
    trends: Callable[[Figures], Sequence[Trend]]


SECTIONS = [
    Section(
        order=10,
        prefixes=("cars",),
        template="admin/insights/_cars.html",
        right="vehicles.view_vehicle",
        tables=cars.tables,
        trends=cars.trends,
    ),
    Section(
        order=20,
        prefixes=("reconnects",),
        template="admin/insights/_reconnects.html",
        right="reconnects.view_reconnect",
        tables=repairs.tables,
        trends=repairs.trends,
    ),
    Section(
        order=30,
        prefixes=("onboarding", "searched"),
        template="admin/insights/_onboarding.html",
        right="onboarding.view_attempt",
        tables=connecting.tables,
        trends=connecting.trends,
    ),
    Section(
        order=35,
        prefixes=("ready",),
        template="admin/insights/_ready.html",
        right="vehicles.view_vehicle",
        tables=ready.tables,
        trends=ready.trends,
    ),
]
