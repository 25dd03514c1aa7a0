"""A few lines over days as shapes at coordinates, ready to be written as SVG. Numbers are texts: no language's comma.

Our own, because it has to follow the strict CSP and the colours of the page, light and dark: pygal writes style and
script into each picture, leather has had no release for years, and matplotlib is larger than the portal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 92, 16, 12, 28  # room for a million, large on a phone
MOST_DATES = 6
LEVELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`name` is its class in the stylesheet; a single point is a dot. Days nobody counted are gaps."""

    name: str
    title: str | Promise
    pieces: Sequence[str]
    dots: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    name: str
    title: str | Promise
    lines: Sequence[Line]
    levels: Sequence[Label]
    dates: Sequence[Label]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


Series = tuple[str, str | Promise, Sequence[int | None]]


def line_chart(
    *, name: str, title: str | Promise, days: Sequence[date], series: Sequence[Series], percent: bool = False
) -> Chart:
    """Draws a line for each of `series` (class, title, a value for each day), on one scale from zero."""
    values = [value for _name, _title, numbers in series for value in numbers if value is not None]
    top = 100 if percent else _round_up(max(values, default=0))
    unit = "%" if percent else ""
    xs = [LEFT + (WIDTH - LEFT - RIGHT) * place / max(len(days) - 1, 1) for place in range(len(days))]
    return Chart(
        name=name,
        title=title,
        lines=[_line(each, xs, top) for each in series],
        levels=[
            Label(x=str(LEFT - 8), y=_y(top * step / LEVELS, top), text=f"{top * step // LEVELS}{unit}")
            for step in range(LEVELS + 1)
        ],
        dates=_dates(days, xs),
    )


def _round_up(highest: int) -> int:
    """The top of the scale: a round number that `LEVELS` divides."""
    step = 1
    while step * LEVELS < highest:
        step *= 10
    small = step // 10
    return LEVELS * next(
        (n * small for n in (1, 2, 3, 5, 10) if small and n * small * LEVELS >= highest), step
    )


def _y(value: float, top: int) -> str:
    return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top:.1f}"


def _line(series: Series, xs: Sequence[float], top: int) -> Line:
    name, title, numbers = series
    pieces: list[list[tuple[str, str]]] = [[]]
    for x, value in zip(xs, numbers, strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((f"{x:.1f}", _y(value, top)))
    return Line(
        name=name,
        title=title,
        pieces=[" ".join(",".join(point) for point in piece) for piece in pieces if len(piece) > 1],
        dots=[piece[0] for piece in pieces if len(piece) == 1],
    )


def _dates(days: Sequence[date], xs: Sequence[float]) -> list[Label]:
    step = max(1, -(-(len(days) - 1) // (MOST_DATES - 1))) if days else 1
    return [
        Label(x=f"{x:.1f}", y=str(HEIGHT - 8), text=date_format(day, gettext("j M")))
        for day, x in list(zip(days, xs, strict=True))[::step]
    ]
