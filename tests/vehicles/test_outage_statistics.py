"""What counts as far above the usual: a year of ordinary noise raises no alarm, an outage does at once."""

import random
from collections.abc import Iterator

import pytest

from onboarding_portal.vehicles.outages import FEWEST, is_far_above, share_of

# Cars of a make, and the share of them that breaks on an ordinary day.
MAKES = [
    *((8, 0.01), (30, 0.02), (120, 0.002), (120, 0.03), (600, 0.005), (600, 0.02)),
    *((3_000, 0.001), (3_000, 0.01), (20_000, 0.002), (20_000, 0.01)),
]
DAYS, STEPS_A_DAY, WATCHED_DAYS = 365, 4, 28


def arrivals(chance: random.Random, mean: float) -> int:
    """A number of independent events with this mean."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    count, waited = 0, chance.expovariate(1)
    while waited < mean:
        count, waited = count + 1, waited + chance.expovariate(1)
    return count


def usual_year(chance: random.Random, *, cars: int, share: float) -> Iterator[tuple[int, float]]:
    """Yields the count of the last 24 hours and what is usual by then, four times a day.

    Days differ by half their mean and weekends are half as bad again: worse than chance alone would have it.
    """
    steps: list[int] = []
    days: list[int] = []
    for day in range(DAYS):
        weekend = 1.5 if day % 7 > 4 else 1.0
        rate = share * weekend * chance.gammavariate(4, 1 / 4)
        history = days[-WATCHED_DAYS:]
        usual = share_of(broken=sum(history), car_days=cars * len(history))
        for _ in range(STEPS_A_DAY):
            steps.append(min(arrivals(chance, cars * rate / STEPS_A_DAY), cars))
            yield min(sum(steps[-STEPS_A_DAY:]), cars), usual
        days.append(min(sum(steps[-STEPS_A_DAY:]), cars))


@pytest.mark.parametrize(("cars", "share"), MAKES)
def test_a_year_of_usual_noise_raises_no_alarm(cars: int, share: float) -> None:
    alarms = [
        (seed, broken)
        for seed in range(3)
        for broken, usual in usual_year(random.Random(f"{seed} {cars} {share}"), cars=cars, share=share)
        if is_far_above(broken=broken, cars=cars, usual_share=usual)
    ]

    assert alarms == []


@pytest.mark.parametrize(("cars", "share"), MAKES)
@pytest.mark.parametrize("broken_share", [0.6, 1.0])
def test_an_outage_is_found_whatever_is_usual(cars: int, share: float, broken_share: float) -> None:
    broken = round(cars * broken_share)
    expected = not (cars == 8 and broken_share < 1)  # five of eight may be chance

    assert is_far_above(broken=broken, cars=cars, usual_share=share) is expected


@pytest.mark.parametrize(
    ("broken", "cars", "usual", "expected"),
    [
        (0, 0, 0.01, False),
        (0, 100, 0.01, False),
        (FEWEST - 1, FEWEST - 1, 0.001, False),
        (5, 5, 0.01, True),
        (5, 10, 0.01, False),
        (6, 10, 0.01, False),
        (7, 10, 0.01, True),
        (19, 100, 0.01, False),
        (20, 100, 0.01, True),
        (100, 100, 0.5, False),  # half of the cars break each day: nothing can be said
        (100, 100, 0.0001, True),
        (1000, 1000, 1.0, False),
    ],
)
def test_the_line_between_chance_and_outage(broken: int, cars: int, usual: float, *, expected: bool) -> None:
    assert is_far_above(broken=broken, cars=cars, usual_share=usual) is expected


@pytest.mark.parametrize(
    ("broken", "car_days", "share"), [(0, 0, 0.01), (0, 500, 0.005), (100, 9_500, 0.0105), (0, 10**6, 0.0)]
)
def test_a_share_of_little_history_stays_near_what_is_assumed(
    broken: int, car_days: int, share: float
) -> None:
    assert share_of(broken=broken, car_days=car_days) == pytest.approx(share, abs=1e-5)
