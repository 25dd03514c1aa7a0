"""Reconnects: how far they came, by channel, make and cause, how long it took, and the share back within 7 days."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from onboarding_portal.insights.chart import Chart, line_chart
from onboarding_portal.insights.counting.repairs import NONE, PERCENTS
from onboarding_portal.insights.period import BACK_WITHIN, Period
from onboarding_portal.insights.sections.cars import make_filter, make_name
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.tables import Cell, Row, Table, Text, list_url
from onboarding_portal.lengths import exact
from onboarding_portal.reconnects.models.journey import Channel, Step
from onboarding_portal.vehicles.models import Cause

LIST = "reconnects_reconnect"
HEADS: list[Text] = [
    _("Asked for"),
    _("Opened"),
    _("Left for ev.energy"),
    _("Back"),
    _("Data"),
    _("Half within"),
    _("9 of 10 within"),
    _("Back within 7 days"),
]
Name = Callable[[str], Text]
_WORDS: dict[str, tuple[Text, Text]] = {
    "channel": (_("By channel"), _("Channel")),
    "make": (_("By make"), _("Make")),
    "cause": (_("By cause"), _("Cause")),
}


def tables(figures: Figures) -> list[Table]:
    counted, period, make_names = figures.part("repairs"), figures.period, figures.make_names
    total = counted["total"]
    return [
        Table(
            name="reconnects",
            title=_("Reconnects"),
            first=_("Asked for"),
            heads=HEADS,
            rows=[_row(_("All"), total, filters=since(period))] if total else [],
            note=_(
                "Each step counts those that came further, too. Times are from asking to data. The share is of those"
                " asked for in as many days, 7 days earlier: all of them have had their 7 days."
            ),
        ),
        _by("channel", counted["channel"], _channel, period),
        _by("make", counted["of_make"], lambda key: make_name(key, make_names), period),
        _by("cause", counted["of_cause"], _cause, period),
        _to_do(counted),
    ]


def _by(by: str, groups: Mapping[str, Any], name: Name, period: Period) -> Table:
    title, first = _WORDS[by]
    ordered = sorted(groups.items(), key=lambda pair: (-pair[1]["asked"], pair[0]))
    rows = [_row(name(key), row, filters=_filters(by, key, period)) for key, row in ordered]
    return Table(name=f"reconnects-by-{by}", title=title, first=first, heads=HEADS, rows=rows)


def since(period: Period) -> dict[str, object]:
    return {"created_at__gte": period.since.isoformat()}


def _filters(by: str, key: str, period: Period) -> dict[str, object]:
    """The list behind a group."""
    group = make_filter(key, path="vehicle__make") if by == "make" else {by: key}
    return {**group, **since(period)}


def _row(label: Text, row: Mapping[str, Any], *, filters: Mapping[str, object]) -> Row:
    steps = [
        Cell(value=row[step], url=list_url(LIST, **filters, reached=step.value) if row[step] else "")
        for step in Step
    ]
    times = [_time(row[f"seconds_{percent}"]) for percent in PERCENTS]
    return Row(label=label, cells=[*steps, *times, _share(row["in_time"], row["due"])])


def _time(seconds: int | None) -> Cell:
    text = "" if seconds is None else exact(timedelta(seconds=seconds))
    return Cell(value=seconds, text=text)


def _share(part: int, whole: int) -> Cell:
    if not whole:
        return Cell(value=None)
    words = {"percent": round(100 * part / whole), "part": part, "whole": whole}
    return Cell(value=f"{part}/{whole}", text=str(_("%(percent)d%% (%(part)d of %(whole)d)") % words))


def _channel(key: str) -> Text:
    return _("Not known") if key == NONE else Channel(key).label


def _cause(key: str) -> Text:
    return _("Not looked into") if key == NONE else Cause(key).label


def _to_do(counted: Mapping[str, Any]) -> Table:
    """Owners somebody may help, each number with the list where they can be e-mailed again."""
    rows = {
        "never_opened": _("Never opened the e-mail’s link"),
        "gave_up": _("Gave up at the manufacturer, and the car is still stale"),
    }
    return Table(
        name="reconnects-to-do",
        title=_("Owners to ask again"),
        first=_("Owners who"),
        heads=[_("Now")],
        rows=[
            Row(label=label, cells=[Cell(value=counted[name], url=list_url(LIST, stuck=name))])
            for name, label in rows.items()
        ],
    )


def trends(figures: Figures) -> list[tuple[Chart, Table]]:
    """Of those asked for on each day, how many in a hundred were back within 7 days; a gap where none was."""
    period, trend = figures.period, figures.part("repairs")["trend"]
    counted = {date.fromisoformat(day): (asked, in_time) for day, asked, in_time in trend}
    last = period.today - BACK_WITHIN
    days = [last - timedelta(days=number) for number in reversed(range(period.days))]
    rows = [counted.get(day, (0, 0)) for day in days]
    chart = line_chart(
        name="share",
        title=_("Back within 7 days, of a hundred asked for on a day"),
        days=days,
        series=[("share", _("Back"), [round(100 * back / asked) if asked else None for asked, back in rows])],
        percent=True,
    )
    table = Table(
        name="reconnects-by-day",
        title=_("Back within 7 days, by the day they were asked for"),
        first=_("Day"),
        heads=[_("Asked for"), _("Back within 7 days")],
        rows=[
            Row(label=day.isoformat(), cells=[Cell(value=asked), Cell(value=back)])
            for day, (asked, back) in zip(days, rows, strict=True)
        ],
    )
    return [(chart, table)]
