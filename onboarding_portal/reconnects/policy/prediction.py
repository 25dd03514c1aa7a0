"""What a curve foretells of connections that live: how many end within so many days. And how well that came true."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding_portal.reconnects.models.make_survival import Point
from onboarding_portal.reconnects.policy.intervals import Interval, Z, wilson
from onboarding_portal.reconnects.policy.kaplan_meier import (
    FEWEST_AT_RISK,
    FEWEST_ENDED,
    Lived,
    survival_curve,
)
from onboarding_portal.reconnects.policy.survival import kept_whole
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.stale_episode import StaleEpisode

DAY = timedelta(days=1)
FEWEST_EXPECTED = 5
EDGES = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@dataclass(frozen=True, slots=True)
class Life:
    """A connection: of which make, since when, and when it was lost; None while it lives.

    `removed_at` is when its car was removed, if it lived until then: what became of it afterwards nobody saw.
    """

    make_id: str
    since: datetime
    lost_at: datetime | None
    removed_at: datetime | None = None

    def at(self, moment: datetime) -> Lived:
        """What was known of it then."""
        is_over = self.lost_at is not None and self.lost_at <= moment
        until = min(end for end in (self.lost_at, self.removed_at, moment) if end)
        return Lived((until - self.since) // DAY, is_over)

    def was_removed_by(self, moment: datetime) -> bool:
        return self.removed_at is not None and self.removed_at <= moment


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the connections of one make: their curve, and for how many days each of them, in order."""

    points: Sequence[Point]
    ages: Sequence[int]

    @classmethod
    def of(cls, lives: Sequence[Lived]) -> "Seen":
        return cls(survival_curve(lives), sorted(life.days for life in lives))

    def reached(self, days: int) -> int:
        """How many were seen at this age."""
        return len(self.ages) - bisect_left(self.ages, days)


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

    @property
    def deviation(self) -> float:
        """By how many standard errors, of the prediction and of chance together, more ended than foretold."""
        share, bounds = self.foretold.share, self.foretold.bounds
        error = math.hypot((bounds.high - bounds.low) / (2 * Z), math.sqrt(share * (1 - share) / self.count))
        return (self.ended / self.count - share) / error

    @property
    def is_large(self) -> bool:
        """Whether enough were foretold to end, and to live on, for deviations to be about normal."""
        share = self.foretold.share
        return self.count * min(share, 1 - share) >= FEWEST_EXPECTED


def foretell(seen: Seen, *, age_days: int, within_days: int) -> Foretold | None:
    """For a connection that has lived for so many whole days. None of too few, as `told_from`.

    Enough must have been seen at the age it will have in the end: of days that none has reached yet the curve says
    nothing, and to count them as days on which none ends would foretell too little.
    """
    last_day = age_days + within_days
    reached = seen.reached(last_day)
    if reached < FEWEST_AT_RISK or sum(point.ended for point in seen.points) < FEWEST_ENDED:
        return None
    share, greenwood = 1.0, 0.0
    for point in seen.points:
        if not age_days <= point.days <= last_day:
            continue
        # It is half a day older than its whole days on average: of the first and the last day it sees one half.
        part = 0.5 if point.days in {age_days, last_day} else 1.0
        left = point.at_risk - point.ended
        share *= (left / point.at_risk) ** part
        greenwood += part**2 * point.ended / (point.at_risk * left) if left else math.inf
    if not share:
        return None
    if not greenwood:  # none ended: the curve has no interval there
        return Foretold(0.0, wilson(0, reached))
    spread = Z * math.sqrt(greenwood) / abs(math.log(share))
    bounds = Interval(1 - share ** math.exp(-spread), 1 - share ** math.exp(spread))
    return Foretold(1 - share, bounds)


def by_chance(cells: Iterable[Calibration]) -> float | None:
    """How probable it is that right predictions miss as much as these or more: what tells one bad cell from bad luck.

    Pearson's chi-square over the cells, as Hosmer and Lemeshow use it, without those of few. None if none is left.
    """
    large = [cell for cell in cells if cell.is_large]
    if not large:
        return None
    mean_square = sum(cell.deviation**2 for cell in large) / len(large)
    # Wilson and Hilferty: its cube root is normal, well enough for a tail of one in a thousand.
    spread = 2 / (9 * len(large))
    return math.erfc((mean_square ** (1 / 3) - 1 + spread) / math.sqrt(2 * spread)) / 2


def known_lives(*, now: datetime) -> Iterator[Life]:
    """The connections that `count_survival` counts, by what the portal has stored."""
    ended = kept_whole(StaleEpisode.objects.lives_that_ended(), now=now)
    for row in ended.values_list("make", "connected_since", "lost_at").iterator():
        yield Life(*row)
    removed = kept_whole(Vehicle.objects.removed_while_connected(), now=now)
    for make_id, since, removed_at in removed.values_list("make", "connected_since", "removed_at").iterator():
        yield Life(make_id, since, None, removed_at)
    alive = kept_whole(Vehicle.objects.with_live_connection(), now=now)
    for make_id, since in alive.values_list("make", "connected_since").iterator():
        yield Life(make_id, since, None)


def calibrate(lives: Iterable[Life], *, on: datetime, within_days: int) -> list[Calibration]:
    """What was foretold on that day from what was known then, beside what happened; by the chance foretold.

    Cars that were removed since are not among them, if their connections lived: how it would have ended is not known.
    """
    until = on + within_days * DAY
    of_make: dict[str, list[Life]] = {}
    for life in lives:
        if life.since <= on:
            of_make.setdefault(life.make_id, []).append(life)
    cells: dict[int, list[tuple[Foretold, bool]]] = {}
    for some in of_make.values():
        seen = Seen.of([life.at(on) for life in some])
        known: dict[int, Foretold | None] = {}
        for life in some:
            lived = life.at(on)
            if lived.is_over or life.was_removed_by(until):
                continue
            if lived.days not in known:
                known[lived.days] = foretell(seen, age_days=lived.days, within_days=within_days)
            if foretold := known[lived.days]:
                ended = life.at(until).is_over
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
