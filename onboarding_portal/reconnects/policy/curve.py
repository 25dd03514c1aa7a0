"""A survival curve as shapes at coordinates, ready to be written as SVG. Numbers are texts: no language's comma.

A few lines of our own: a chart library for the server (pygal, matplotlib) brings styles or scripts that the content
security policy refuses, and this is one line and its bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from onboarding_portal.reconnects.models.make_survival import Point

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 12, 32
STEPS = [7, 14, 30, 60, 90, 180, 365, 730]
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    y: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    line: str
    bounds: str
    half_y: str
    days: list[Label]
    shares: list[Label]


def draw(points: Sequence[Point]) -> Curve | None:
    """None where there is nothing to draw. The line goes down in steps, as connections break one by one."""
    if not points:
        return None
    last = max(points[-1].days, 7)
    steps = [Point(0, 0, 0, 1.0, 1.0, 1.0), *points, points[-1]]
    low = _stairs([(point.days, point.low) for point in steps], last)
    high = _stairs([(point.days, point.high) for point in steps], last)
    return Curve(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=HEIGHT - BOTTOM,
        line=" ".join(_stairs([(point.days, point.share) for point in steps], last)),
        bounds=" ".join([*high, *reversed(low)]),
        half_y=_y(0.5),
        days=[Label(_x(day, last), str(HEIGHT - 10), str(day)) for day in _ticks(last)],
        shares=[Label(str(LEFT - 8), _y(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100)],
    )


def _ticks(last: int) -> list[int]:
    step = next((step for step in STEPS if last / step <= MOST_TICKS), STEPS[-1])
    return list(range(0, last + 1, step))


def _stairs(values: Sequence[tuple[int, float]], last: int) -> list[str]:
    corners = []
    for (_day, share), (next_day, next_share) in pairwise(values):
        x = _x(next_day, last)
        corners += [f"{x},{_y(share)}", f"{x},{_y(next_share)}"]
    first_day, first = values[0]
    return [f"{_x(first_day, last)},{_y(first)}", *corners]


def _x(day: int, last: int) -> str:
    return f"{LEFT + (WIDTH - LEFT - RIGHT) * day / last:.1f}"


def _y(share: float) -> str:
    return f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - share):.1f}"
