"""Where the ticks of a time axis go, by the reader's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.formats import date_format

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
        label=date_format(wall, "j M" if is_day else "H:i"),
        is_day=is_day,
    )
