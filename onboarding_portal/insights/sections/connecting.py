"""Onboarding: the steps from the page of makes to the first data, by make, and what was searched for in vain."""

from collections.abc import Mapping
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from onboarding_portal.insights.chart import Chart
from onboarding_portal.insights.counting.connecting import STEPS
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.tables import Cell, Row, Table, Text, list_url
from onboarding_portal.onboarding.reached import NO_MAKE, REACHED

LIST = "onboarding_attempt"
STEP_WORDS: dict[str, Text] = {
    "seen": _("Saw the makes"),
    "picked": _("Picked a car"),
    "left": _("Left for ev.energy"),
    "back": _("Came back"),
    "data": _("Data"),
}


def tables(figures: Figures) -> list[Table]:
    counted, make_names = figures.part("connecting"), figures.make_names
    since: dict[str, object] = {"started_at__gte": figures.period.since.isoformat()}
    total = counted["total"]
    makes = sorted(counted["makes"].items(), key=lambda pair: (-pair[1]["picked"], -pair[1]["left"], pair[0]))
    return [
        Table(
            name="onboarding",
            title=_("Onboarding"),
            first=_("Owners"),
            heads=[*STEP_WORDS.values(), _("Most lost")],
            rows=[_row(_("All"), total, STEPS, since)] if any(total.values()) else [],
            note=_(
                "Who saw and who picked is counted once for each sign-in, day and make; the rest from attempts."
            ),
        ),
        Table(
            name="onboarding-by-make",
            title=_("By make"),
            first=_("Make"),
            heads=[*(STEP_WORDS[step] for step in STEPS[1:]), _("Most lost")],
            rows=[
                _row(_name(make, make_names), row, STEPS[1:], {**since, **_make(make)}) for make, row in makes
            ],
        ),
        Table(
            name="searched-in-vain",
            title=_("Searched for and not found"),
            first=_("Words"),
            heads=[_("Times")],
            rows=[Row(label=words, cells=[Cell(value=times)]) for words, times in counted["searches"]],
        ),
    ]


def trends(_figures: Figures) -> list[tuple[Chart, Table]]:
    return []


def _name(make: str, names: Mapping[str, str]) -> Text:
    return _("Left to ev.energy") if make == NO_MAKE else names.get(make, make)


def _make(make: str) -> dict[str, object]:
    return {"make": make}


def _row(label: Text, row: Mapping[str, int], steps: tuple[str, ...], filters: Mapping[str, object]) -> Row:
    cells = [
        Cell(
            value=row[step],
            url=list_url(LIST, **filters, reached=step) if step in REACHED and row[step] else "",
        )
        for step in steps
    ]
    return Row(label=label, cells=[*cells, _most_lost(row, steps)])


def _most_lost(row: Mapping[str, int], steps: tuple[str, ...]) -> Cell:
    """The step before which most went away."""
    losses = [(row[former] - row[step], step) for former, step in pairwise(steps)]
    lost, step = max(losses, key=lambda pair: pair[0])
    if lost <= 0:
        return Cell(value="")
    words = {"count": lost, "step": STEP_WORDS[step]}
    return Cell(value=str(_("%(count)d before “%(step)s”") % words))
