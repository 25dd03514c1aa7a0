"""Connected → ready → first smart charge, by make, with the time between."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from onboarding_portal.insights.chart import Chart
from onboarding_portal.insights.counting.ready import NO_MAKE
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.tables import Cell, Row, Table, Text
from onboarding_portal.lengths import about

HEADS: list[Text] = [
    _("Connected"),
    _("Ready"),
    _("Charged smartly"),
    _("Half of them within"),
    _("Charged smartly within 7 days"),
]


def tables(figures: Figures) -> list[Table]:
    counted: Mapping[str, Any] = figures.part("ready") if figures.has("ready") else {"total": {}, "makes": {}}
    total, names = counted["total"], figures.make_names
    makes = sorted(counted["makes"].items(), key=lambda pair: (-pair[1]["connected"], pair[0]))
    return [
        Table(
            name="ready",
            title=_("From connected to the first smart charge"),
            first=_("Cars"),
            heads=HEADS,
            rows=[_row(_("All"), total)] if total.get("connected") else [],
            note=_(
                "Of cars connected in the period. Ready: an address is known, and nothing is known to be missing. "
                "The share within 7 days is of cars that have had 7 days."
            ),
        ),
        Table(
            name="ready-by-make",
            title=_("Ready, by make"),
            first=_("Make"),
            heads=HEADS,
            rows=[_row(_name(make, names), row) for make, row in makes],
        ),
    ]


def trends(_figures: Figures) -> list[tuple[Chart, Table]]:
    return []


def _name(make: str, names: Mapping[str, str]) -> Text:
    return _("Make not known") if make == NO_MAKE else names.get(make, make)


def _row(label: Text, row: Mapping[str, Any]) -> Row:
    took, had_a_week = row["half_took"], row["had_a_week"]
    share = f"{round(100 * row['within_a_week'] / had_a_week)} %" if had_a_week else ""
    return Row(
        label=label,
        cells=[
            *(Cell(value=row[name]) for name in ("connected", "ready", "smart")),
            Cell(value="" if took is None else round(took), text="" if took is None else str(about(took))),
            Cell(value=share),
        ],
    )
