"""How many connections live how long, though most of them live still: the curve of Kaplan and Meier.

A connection that lives has lived for at least so long, and is counted for as long as it was seen. The interval is
Greenwood's on the log-log scale, which stays between 0 and 1. lifelines would do the same, with numpy, scipy,
pandas and matplotlib behind it, 300 megabytes for twenty lines.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from onboarding_portal.reconnects.models.make_survival import Point
from onboarding_portal.reconnects.policy.intervals import Z

# No claim is made of a make with fewer connections that broke, nor at an age that fewer have reached.
FEWEST_ENDED = 50
FEWEST_AT_RISK = 20
MOST = 0.5


@dataclass(frozen=True, slots=True)
class Lived:
    """So many connections lived for so many whole days; `is_over` tells whether they broke then or live still."""

    days: int
    is_over: bool
    count: int = 1


def survival_curve(lives: Iterable[Lived]) -> list[Point]:
    """A point for each age at which a connection broke. Those that left at the same age were still at risk then."""
    ended: dict[int, int] = {}
    left: dict[int, int] = {}
    for life in lives:
        left[life.days] = left.get(life.days, 0) + life.count
        if life.is_over:
            ended[life.days] = ended.get(life.days, 0) + life.count
    at_risk, share, greenwood = sum(left.values()), 1.0, 0.0
    points = []
    for days in sorted(left):
        if count := ended.get(days, 0):
            share *= 1 - count / at_risk
            greenwood += count / (at_risk * (at_risk - count)) if at_risk > count else math.inf
            low, high = _bounds(share, greenwood)
            points.append(Point(days, at_risk, count, share, low, high))
        at_risk -= left[days]
    return points


def told_from(points: Iterable[Point]) -> int | None:
    """The age by which most connections have ended, surely: even the upper bound of those that live on is below half.

    None where too few have been seen: FEWEST_ENDED in all, FEWEST_AT_RISK at this age.
    """
    ended = 0
    found = None
    for point in points:
        ended += point.ended
        if found is None and point.high < MOST and point.at_risk >= FEWEST_AT_RISK:
            found = point.days
    return found if ended >= FEWEST_ENDED else None


def lives_on(points: Iterable[Point], *, after_days: int) -> Point | None:
    """The last point up to this age; None before the first."""
    last = None
    for point in points:
        if point.days > after_days:
            break
        last = point
    return last


def _bounds(share: float, greenwood: float) -> tuple[float, float]:
    if share <= 0 or math.isinf(greenwood):
        return 0.0, 1.0 if share > 0 else 0.0
    spread = Z * math.sqrt(greenwood) / abs(math.log(share))
    return share ** math.exp(spread), share ** math.exp(-spread)
