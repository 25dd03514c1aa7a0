"""The formulas, against published figures, against sums done the long way, and against chance itself."""

import math
import random

import pytest

from onboarding_portal.reconnects.policy.intervals import Interval, median_of, median_ranks, wilson
from onboarding_portal.reconnects.policy.kaplan_meier import FEWEST_ENDED, Lived, survival_curve, told_from

# Freireich 1963, remission under 6-MP in weeks: the textbook's example. + are those still in remission.
FREIREICH = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
# Its survival curve and Greenwood's standard errors, as printed in textbooks.
PRINTED = {
    6: (0.857, 0.0764),
    7: (0.807, 0.0869),
    10: (0.753, 0.0963),
    13: (0.690, 0.1068),
    16: (0.627, 0.1141),
    22: (0.538, 0.1282),
    23: (0.448, 0.1346),
}


def freireich() -> list[Lived]:
    return [Lived(int(week.rstrip("+")), is_over=not week.endswith("+")) for week in FREIREICH.split()]


def test_the_curve_is_the_textbooks() -> None:
    points = survival_curve(freireich())

    assert {point.days: round(point.share, 3) for point in points} == {
        week: share for week, (share, _) in PRINTED.items()
    }
    for point in points:
        # The width on the log-log scale gives the standard error back.
        middle, high = math.log(-math.log(point.share)), math.log(-math.log(point.high))
        error = (middle - high) / 1.96 * point.share * -math.log(point.share)
        assert error == pytest.approx(PRINTED[point.days][1], abs=0.0006)


def test_counts_weigh_as_so_many_lives() -> None:
    one_by_one = [Lived(3, is_over=True)] * 4 + [Lived(5, is_over=False)] * 6 + [Lived(7, is_over=True)] * 2

    assert survival_curve(one_by_one) == survival_curve(
        [Lived(3, True, 4), Lived(5, False, 6), Lived(7, True, 2)]
    )


def test_without_a_break_there_is_no_curve_and_with_none_left_it_ends_at_nothing() -> None:
    assert survival_curve([Lived(9, is_over=False)]) == []
    (point,) = survival_curve([Lived(4, True, 3)])
    assert (point.share, point.low, point.high) == (0.0, 0.0, 0.0)


def lives(chance: random.Random, count: int) -> list[Lived]:
    """Connections that live 100 days on average, each seen for up to 150."""
    found = []
    for _ in range(count):
        life, seen = chance.expovariate(1 / 100), chance.uniform(0, 150)
        found.append(Lived(math.floor(min(life, seen)), is_over=life <= seen))
    return found


def test_nineteen_intervals_in_twenty_hold_the_truth() -> None:
    chance = random.Random(4)
    held = 0
    for _ in range(300):
        point = [each for each in survival_curve(lives(chance, 200)) if each.days < 60][-1]
        held += point.low <= math.exp(-(point.days + 1) / 100) <= point.high
    assert 0.92 <= held / 300 <= 0.99


def test_no_claim_of_few() -> None:
    assert told_from(survival_curve([Lived(day, True) for day in range(FEWEST_ENDED - 1)])) is None
    assert told_from(survival_curve(lives(random.Random(5), 40))) is None


def test_most_have_ended_by_the_age_that_is_told() -> None:
    chance = random.Random(6)
    told = [told_from(survival_curve(lives(chance, 1_000))) for _ in range(50)]
    median = 100 * math.log(2)
    assert all(days is not None and days < 110 for days in told)
    # Said too early in few of them: one bound of 95 % is passed by chance at some age now and then.
    assert sum(days < median - 1 for days in told if days is not None) <= 5


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (252, 412, 0.5638, 0.6575)],
)
def test_wilson(count: int, of: int, low: float, high: float) -> None:
    found = wilson(count, of)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_of_nobody_nothing_is_known() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(
    ("count", "ranks"), [(5, None), (6, (0, 5)), (10, (1, 8)), (20, (5, 14)), (100, (39, 60))]
)
def test_the_ranks_of_the_median_are_those_of_the_tables(count: int, ranks: tuple[int, int] | None) -> None:
    assert median_ranks(count) == ranks


def test_the_ranks_of_very_many_follow_on() -> None:
    below, above = median_ranks(999), median_ranks(1_001)
    assert below
    assert above
    assert abs(below[0] - above[0]) <= 3
    assert abs(below[1] - above[1]) <= 3


def test_the_median_waits_until_most_are_known() -> None:
    assert median_of([1, 2, 9]) == 2
    assert median_of([1, 3]) == 2
    assert median_of([1, math.inf]) == math.inf
