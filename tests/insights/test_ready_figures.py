"""The way from connected to the first smart charge, counted, equals the same counted from the rows."""

import random
from datetime import timedelta
from typing import Any

import pytest

from onboarding_portal.insights.counting.ready import ready_figures
from onboarding_portal.insights.period import Period
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_make, make_vehicle

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PERIOD = Period.ending(NOW, days=30)


def naive(cars: list[Vehicle]) -> dict[str, Any]:
    counts: dict[str, Any] = dict.fromkeys(("connected", "ready", "smart", "had_a_week", "within_a_week"), 0)
    took = []
    for car in cars:
        row = Readiness.objects.filter(pk=car.pk).first()
        first = row.first_smart_at if row else None
        counts["connected"] += 1
        counts["smart"] += first is not None
        counts["ready"] += first is not None or bool(row and row.has_address and not row.blocker)
        if car.connected_at <= NOW - 7 * DAY:
            counts["had_a_week"] += 1
            counts["within_a_week"] += first is not None and first <= car.connected_at + 7 * DAY
        if first is not None:
            took.append((first - car.connected_at).total_seconds())
    took.sort()
    return {**counts, "half_took": took[-(-len(took) // 2) - 1] if took else None}


@pytest.mark.parametrize("seed", range(4))
def test_counts_equal_those_from_the_rows(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a test that can be repeated
    makes = [make_make("Volvo"), make_make("Kia"), None]
    for _ in range(40):
        connected_at = NOW - chance.uniform(0, 45) * DAY
        car = make_vehicle(
            make=chance.choice(makes),
            connected_at=connected_at,
            integration=chance.choice(["ACTIVE", "ACTIVE", "INACTIVE"]),
            removed_at=chance.choice([None, None, None, NOW]),
        )
        if chance.random() < 0.8:
            Readiness.objects.create(
                vehicle=car,
                kept_for=car.owner_id,
                blocker=chance.choice(["", "", "TARIFF"]),
                has_address=chance.choice([True, False, None]),
                first_smart_at=connected_at + chance.uniform(0, 12) * DAY if chance.random() < 0.5 else None,
            )

    figures = ready_figures(period=PERIOD, now=NOW)

    counted = [car for car in Vehicle.objects.present() if car.connected_at >= PERIOD.since]
    by_make: dict[str, list[Vehicle]] = {}
    for car in counted:
        by_make.setdefault(car.make_id or "none", []).append(car)
    assert figures["makes"] == {make: naive(cars) for make, cars in by_make.items()}
    assert figures["total"] == naive(counted)


def test_it_takes_the_same_queries_for_many_cars(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        make_vehicle(make=make_make(), connected_at=NOW - DAY)

    with django_assert_num_queries(4):
        ready_figures(period=PERIOD, now=NOW)
