"""A time line as shapes at coordinates, ready to be written as SVG. Numbers are texts: no language's comma."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.addresses import list_url
from onboarding_portal.diagnostics.events import Event
from onboarding_portal.diagnostics.samples import Sample, runs
from onboarding_portal.diagnostics.timeline import Timeline

MOST_TICKS = 9
STEPS = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 4, 7)),
]


@dataclass(frozen=True, kw_only=True)
class Tick:
    at: datetime
    label: str
    is_day: bool


def ticks(*, since: datetime, until: datetime, zone: tzinfo) -> list[Tick]:
    """Round times of the reader's clock between the two, at most about `MOST_TICKS`."""
    step = next((step for step in STEPS if (until - since) / step <= MOST_TICKS), STEPS[-1])
    return [_tick(wall, zone) for wall in _round_walls(since, until, zone=zone, step=step)]


def _round_walls(since: datetime, until: datetime, *, zone: tzinfo, step: timedelta) -> Iterator[datetime]:
    wall = datetime.combine(since.astimezone(zone).date(), time())
    while (at := wall.replace(tzinfo=zone).astimezone(UTC)) <= until:
        # Where clocks are set forward an hour is on no clock.
        if at >= since and at.astimezone(zone).replace(tzinfo=None) == wall:
            yield wall
        wall += step


def _tick(wall: datetime, zone: tzinfo) -> Tick:
    is_day = wall.time() == time()
    return Tick(
        at=wall.replace(tzinfo=zone).astimezone(UTC),
        label=date_format(wall, gettext("j M") if is_day else "TIME_FORMAT"),
        is_day=is_day,
    )


WIDTH, LEFT, RIGHT = 960, 96, 20
PLOT_TOP, PLOT_HEIGHT = 16, 180
BAND_TOP, BAND_HEIGHT = PLOT_TOP + PLOT_HEIGHT + 14, 14
LANE_TOP, LANE_HEIGHT = BAND_TOP + BAND_HEIGHT + 12, 34
MARK_WIDTH = 14  # closer marks become one


@dataclass(frozen=True, kw_only=True)
class Label:
    x: str
    y: str
    text: str | Promise
    is_day: bool = False


@dataclass(frozen=True, kw_only=True)
class Band:
    """The car was plugged in, or charging, for a while."""

    x: str
    width: str
    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One event, or several too close to tell apart: then `count` is shown."""

    x: str
    y: str
    name: str
    title: str
    url: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    height: int
    bottom: int
    levels: list[Label]
    ticks: list[Label]
    lanes: list[Label]
    lines: list[str]
    dots: list[tuple[str, str]]
    bands: list[Band]
    marks: list[Mark]

    width = WIDTH
    left = LEFT
    right = WIDTH - RIGHT
    band_y = BAND_TOP
    band_height = BAND_HEIGHT
    plot_top = PLOT_TOP


@dataclass(frozen=True, kw_only=True)
class _Scale:
    since: datetime
    until: datetime
    zone: tzinfo

    def x(self, at: datetime) -> float:
        share = (at - self.since) / max(self.until - self.since, timedelta(seconds=1))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def time(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{date_format(local, gettext('j M'))}, {date_format(local, 'TIME_FORMAT')}"

    def times(self, first: datetime, last: datetime) -> str:
        return gettext("%(first)s to %(last)s") % {"first": self.time(first), "last": self.time(last)}


LANES: list[tuple[str, str | Promise]] = [
    ("command", _("Commands")),
    ("error", _("Errors")),
    ("reconnect", _("Reconnects")),
    ("portal", _("Portal")),
]


def chart_of(timeline: Timeline, *, events: Sequence[Event], vehicle_id: str, zone: tzinfo) -> Chart:
    """The drawing. `events` are drawn in the lane of their name, oldest first."""
    scale = _Scale(since=timeline.since, until=timeline.until, zone=zone)
    bottom = LANE_TOP + LANE_HEIGHT * len(LANES)
    lines, dots = _lines(timeline.parts, scale)
    marks = [
        mark
        for place, (name, _title) in enumerate(LANES)
        for mark in _marks(
            [event for event in events if event.name == name], place=place, scale=scale, vehicle_id=vehicle_id
        )
    ]
    return Chart(
        height=bottom + 24,
        bottom=bottom,
        levels=[
            Label(x=f"{LEFT - 8}", y=_number(_y(level)), text=f"{level} %") for level in range(0, 101, 25)
        ],
        ticks=[
            Label(x=_number(scale.x(tick.at)), y=f"{bottom + 16}", text=tick.label, is_day=tick.is_day)
            for tick in ticks(since=timeline.since, until=timeline.until, zone=zone)
        ],
        lanes=[
            Label(x=f"{LEFT - 8}", y=_number(_lane_y(place)), text=title)
            for place, (_name, title) in enumerate(LANES)
        ],
        lines=lines,
        dots=dots,
        bands=[band for part in timeline.parts for band in _bands(part, scale)],
        marks=marks,
    )


def _lines(parts: Sequence[Sequence[Sample]], scale: _Scale) -> tuple[list[str], list[tuple[str, str]]]:
    """The lines, and dots for samples that stand alone, which a line would not show."""
    lines, dots = [], []
    for part in parts:
        points = [
            (_number(scale.x(sample.at)), _number(_y(sample.percentage)))
            for sample in part
            if sample.percentage is not None
        ]
        if len(points) > 1:
            lines.append(" ".join(f"{x},{y}" for x, y in points))
        else:
            dots += points
    return lines, dots


def _bands(part: Sequence[Sample], scale: _Scale) -> list[Band]:
    said: list[tuple[str, str, Callable[[Sample], bool]]] = [
        ("plugged", gettext("Plugged in, %(times)s"), lambda sample: sample.is_plugged_in),
        ("charging", gettext("Charging, %(times)s"), lambda sample: sample.is_charging),
    ]
    bands = []
    for name, title, is_so in said:
        for first, last in runs(part, is_so):
            if is_so(first):
                left, right = scale.x(first.at), scale.x(last.at)
                times = {"times": scale.times(first.at, last.at)}
                width = _number(max(right - left, 1.5))
                bands.append(Band(x=_number(left), width=width, name=name, title=title % times))
    return bands


def _marks(events: Sequence[Event], *, place: int, scale: _Scale, vehicle_id: str) -> list[Mark]:
    clusters: list[list[Event]] = []
    for event in events:
        if clusters and scale.x(event.at) - scale.x(clusters[-1][0].at) < MARK_WIDTH:
            clusters[-1].append(event)
        else:
            clusters.append([event])
    return [_mark(cluster, place=place, scale=scale, vehicle_id=vehicle_id) for cluster in clusters]


def _mark(cluster: Sequence[Event], *, place: int, scale: _Scale, vehicle_id: str) -> Mark:
    first, last = cluster[0], cluster[-1]
    title, url = f"{scale.time(first.at)}: {first.text}", first.url
    if len(cluster) > 1:
        texts = " · ".join(dict.fromkeys(event.text for event in cluster))
        title = f"{len(cluster)}, {scale.times(first.at, last.at)}: {texts}"
        if first.kind:
            period = {"since": first.at, "until": last.at}
            wall = {name: at.astimezone(scale.zone).strftime("%Y-%m-%dT%H:%M") for name, at in period.items()}
            url = list_url(vehicle_id=vehicle_id, kind=first.kind, **wall)
    middle = (scale.x(first.at) + scale.x(last.at)) / 2
    return Mark(
        x=_number(middle),
        y=_number(_lane_y(place)),
        name=first.name,
        title=title,
        url=url,
        count=len(cluster),
    )


def _y(percentage: int) -> float:
    return PLOT_TOP + PLOT_HEIGHT * (1 - percentage / 100)


def _lane_y(place: int) -> float:
    return LANE_TOP + LANE_HEIGHT * (place + 0.5)


def _number(value: float) -> str:
    return f"{value:.1f}"
