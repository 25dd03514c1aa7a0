"""What a curve foretells of connections that live: how many end within so many days. And how well that came true."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from onboarding_portal.reconnects.models.make_survival import Point
from onboarding_portal.reconnects.policy.intervals import Interval, Z, wilson
from onboarding_portal.reconnects.policy.kaplan_meier import (
    FEWEST_AT_RISK,
    FEWEST_ENDED,
    Lived,
    survival_curve,
)
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.stale_episode import StaleEpisode

DAY = timedelta(days=1)
EDGES = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@dataclass(frozen=True, slots=True)
class Life:
    """A connection: of which make, since when, and when it was lost; None while it lives."""

    make_id: str
    since: datetime
    lost_at: datetime | None

    def at(self, moment: datetime) -> Lived:
        """What was known of it then."""
        is_over = self.lost_at is not None and self.lost_at <= moment
        until = self.lost_at if is_over and self.lost_at else moment
        return Lived((until - self.since) // DAY, is_over)


@dataclass(frozen=True, slots=True)
class Foretold:
    """So large a share of connections of this age ends within the time, with the bounds of its 95 % interval."""

    share: float
    bounds: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Of `count` connections that were foretold to end with about this chance, `ended` did."""

    foretold: Foretold
    count: int
    ended: int

    @property
    def happened(self) -> Interval:
        return wilson(self.ended, self.count)

    @property
    def came_true(self) -> bool:
        """Whether what was foretold and what happened can be one share, within their intervals."""
        return self.foretold.bounds.overlaps(self.happened)


def foretell(points: Sequence[Point], *, age_days: int, within_days: int) -> Foretold | None:
    """For a connection that has lived so long. None of too few, as `told_from`: no claim is made then."""
    ahead = [point for point in points if age_days < point.days <= age_days + within_days]
    known = sum(point.ended for point in points) >= FEWEST_ENDED
    if not known or not ahead or ahead[0].at_risk < FEWEST_AT_RISK or points[-1].days < age_days:
        return None
    share, greenwood = 1.0, 0.0
    for point in ahead:
        share *= 1 - point.ended / point.at_risk
        left = point.at_risk - point.ended
        greenwood += point.ended / (point.at_risk * left) if left else math.inf
    if share <= 0 or math.isinf(greenwood):
        return None
    spread = Z * math.sqrt(greenwood) / abs(math.log(share))
    bounds = Interval(1 - share ** math.exp(-spread), 1 - share ** math.exp(spread))
    return Foretold(1 - share, bounds)


def known_lives() -> Iterator[Life]:
    """Every connection there is or was, by what the portal has stored."""
    ended = StaleEpisode.objects.lives_that_ended().exclude(make=None)
    for row in ended.values_list("make", "connected_since", "lost_at").iterator():
        yield Life(*row)
    alive: Any = Vehicle.objects.with_live_connection().exclude(make=None)
    for make_id, since in alive.values_list("make", "connected_since").iterator():
        yield Life(make_id, since, None)


def calibrate(lives: Iterable[Life], *, on: datetime, within_days: int) -> list[Calibration]:
    """What was foretold on that day from what was known then, beside what happened; by the chance foretold."""
    of_make: dict[str, list[Life]] = {}
    for life in lives:
        if life.since <= on:
            of_make.setdefault(life.make_id, []).append(life)
    cells: dict[int, list[tuple[Foretold, bool]]] = {}
    for some in of_make.values():
        points = survival_curve(life.at(on) for life in some)
        known: dict[int, Foretold | None] = {}
        for life in some:
            lived = life.at(on)
            if lived.is_over:
                continue
            if lived.days not in known:
                known[lived.days] = foretell(points, age_days=lived.days, within_days=within_days)
            if foretold := known[lived.days]:
                ended = life.at(on + within_days * DAY).is_over
                cells.setdefault(_cell_of(foretold.share), []).append((foretold, ended))
    return [_calibration(cells[cell]) for cell in sorted(cells)]


def _cell_of(share: float) -> int:
    return max(place for place, edge in enumerate(EDGES[:-1]) if share >= edge)


def _calibration(found: Sequence[tuple[Foretold, bool]]) -> Calibration:
    count = len(found)
    share = sum(foretold.share for foretold, _ in found) / count
    low = sum(foretold.bounds.low for foretold, _ in found) / count
    high = sum(foretold.bounds.high for foretold, _ in found) / count
    return Calibration(
        foretold=Foretold(share, Interval(low, high)),
        count=count,
        ended=sum(ended for _, ended in found),
    )
