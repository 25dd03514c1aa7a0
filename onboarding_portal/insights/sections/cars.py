"""Cars: connected, stale by reason, cause, make and age, today beside 7 and 30 days ago, and the trend."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.insights.chart import Chart, line_chart
from onboarding_portal.insights.counting.cars import BEFORE, NO_MAKE, NOT_LOOKED_INTO
from onboarding_portal.insights.models import Subject
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.tables import Cell, Row, Table, Text, list_url
from onboarding_portal.vehicles.models import Cause, StaleReason
from onboarding_portal.vehicles.stale_age import StaleAge

LIST = "vehicles_vehicle"
STALE_URL: dict[str, object] = {"stale": "yes"}


class _Days:
    """What was counted today, 7 and 30 days ago, by subject and key."""

    def __init__(self, counts: Mapping[str, list[list[Any]]]) -> None:
        self._days = [
            {(subject, key): number for subject, key, number in counts.get(str(ago), [])}
            for ago in (0, *BEFORE)
        ]

    def cells(self, subject: str, key: str = "", *, url: str = "") -> list[Cell]:
        values = [day.get((subject, key), 0) if day else None for day in self._days]
        return [Cell(value=values[0], url=url), *(Cell(value=value) for value in values[1:])]

    def keys(self, *subjects: str) -> set[str]:
        return {key for day in self._days for subject, key in day if subject in subjects}

    def today(self, subject: str, key: str) -> int:
        number: int = self._days[0].get((subject, key), 0)
        return number


def tables(figures: Figures) -> list[Table]:
    days = _Days(figures.part("cars")["counts"])
    return [
        Table(
            name="cars",
            title=_("Cars"),
            first=_("Cars"),
            heads=_heads(),
            rows=[
                _row(days, _("All"), Subject.CARS, "", {"removed": "no"}),
                _row(days, _("Connected"), Subject.CONNECTED, "", _connected()),
                _row(days, _("Stale"), Subject.STALE, "", STALE_URL),
            ],
        ),
        _by(days, "cars-by-reason", _("Stale, by reason"), Subject.STALE_REASON, _reasons()),
        _by(days, "cars-by-cause", _("Stale, by cause"), Subject.STALE_CAUSE, _causes()),
        _by(days, "cars-by-age", _("Stale, by how long"), Subject.STALE_AGE, _ages()),
        _makes(days, figures.make_names),
    ]


def _connected() -> dict[str, object]:
    return {"integration__exact": "ACTIVE", "is_disabled__exact": 0, "stale": "no", "removed": "no"}


def _heads() -> list[Text]:
    return [_("Today"), *(gettext("%(days)d days ago") % {"days": days} for days in BEFORE)]


def _row(days: _Days, label: Text, subject: str, key: str, filters: Mapping[str, object]) -> Row:
    return Row(label=label, cells=days.cells(subject, key, url=list_url(LIST, **filters)))


Choice = tuple[str, Text, dict[str, object]]


def _by(days: _Days, name: str, title: Text, subject: str, choices: Iterable[Choice]) -> Table:
    """Only what there was on one of the days; of ages all, so that nobody looks for the missing one."""
    present = days.keys(subject)
    rows = [_row(days, label, subject, key, filters) for key, label, filters in choices if key in present]
    return Table(name=name, title=title, first=_("Stale"), heads=_heads(), rows=rows)


def _reasons() -> Iterable[Choice]:
    return ((reason.value, reason.label, {"stale_reason__exact": reason.value}) for reason in StaleReason)


def _causes() -> Iterable[Choice]:
    for cause in Cause:
        yield cause.value, cause.label, {"cause__exact": cause.value}
    yield NOT_LOOKED_INTO, _("Not looked into yet"), {**STALE_URL, "cause__exact": ""}


def _ages() -> Iterable[Choice]:
    return ((age.value, age.label, {"stale_for": age.value}) for age in StaleAge)


def _makes(days: _Days, names: Mapping[str, str]) -> Table:
    """The makes with the most stale cars first."""
    makes = days.keys(Subject.MAKE_CARS)
    ordered = sorted(
        makes, key=lambda make: (-days.today(Subject.MAKE_STALE, make), names.get(make, make).casefold())
    )
    return Table(
        name="cars-by-make",
        title=_("Cars, by make"),
        first=_("Make"),
        heads=[
            _("Connected"),
            _("Stale"),
            *(gettext("Stale %(days)d days ago") % {"days": each} for each in BEFORE),
        ],
        rows=[_of_make(days, make, names) for make in ordered],
    )


def _of_make(days: _Days, make: str, names: Mapping[str, str]) -> Row:
    of_make = make_filter(make)
    connected = days.cells(Subject.MAKE_CONNECTED, make, url=list_url(LIST, **_connected(), **of_make))
    stale = days.cells(Subject.MAKE_STALE, make, url=list_url(LIST, **STALE_URL, **of_make))
    return Row(label=make_name(make, names), cells=[connected[0], *stale])


def make_filter(make: str, *, path: str = "make") -> dict[str, object]:
    return {f"{path}__isnull": "True"} if make == NO_MAKE else {f"{path}__make_id__exact": make}


def make_name(make: str, names: Mapping[str, str]) -> Text:
    return _("Make not known") if make == NO_MAKE else names.get(make, make)


def trends(figures: Figures) -> list[tuple[Chart, Table]]:
    """Connected and stale cars of each day, as lines and as numbers; a day on which nobody counted is a gap."""
    period = figures.period
    counted = {date.fromisoformat(day): numbers for day, *numbers in figures.part("cars")["trend"]}
    days = [period.first_day + timedelta(days=number) for number in range(period.days)]
    connected, stale = ([counted[day][place] if day in counted else None for day in days] for place in (0, 1))
    table = Table(
        name="cars-by-day",
        title=_("Cars, day by day"),
        first=_("Day"),
        heads=[_("Connected"), _("Stale")],
        rows=[
            Row(label=day.isoformat(), cells=[Cell(value=number) for number in numbers])
            for day, *numbers in zip(days, connected, stale, strict=True)
        ],
    )
    series = [("stale", _("Stale"), stale), ("connected", _("Connected"), connected)]
    return [
        (line_chart(name=f"cars-{each[0]}", title=title, days=days, series=[each]), table)
        for each, title in zip(series, (_("Stale cars"), _("Connected cars")), strict=True)
    ]
