"""The way from connected to the first smart charge, counted, equals the same counted from the rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from onboarding_portal.insights.counting.ready import ready_figures
from onboarding_portal.insights.period import CHOICES, Period
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_make, make_owner, make_vehicle

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
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


@dataclass(frozen=True)
class Car:
    """Hours before now, and after connecting; `readiness` None: nothing is kept of the car."""

    make: int
    connected_ago: int
    is_connected: bool
    is_removed: bool
    readiness: tuple[str, bool | None, int | None] | None


# Hours about a week and about the ends of the periods are where counting goes wrong.
WEEK, MONTH = 7 * 24, 30 * 24
HOURS = st.integers(0, 45 * 24) | st.sampled_from([0, WEEK - 1, WEEK, WEEK + 1, MONTH - 12, MONTH])
CARS = st.lists(
    st.builds(
        Car,
        make=st.integers(0, 2),
        connected_ago=HOURS,
        is_connected=st.booleans(),
        is_removed=st.sampled_from([False, False, False, True]),
        readiness=st.none()
        | st.tuples(
            st.sampled_from(["", "", "TARIFF"]),
            st.sampled_from([True, False, None]),
            st.none() | st.sampled_from([0, WEEK - 1, WEEK, WEEK + 1]) | st.integers(0, 12 * 24),
        ),
    ),
    max_size=12,
)


def write(cars: list[Car]) -> None:
    owner, makes = make_owner(), [make_make("Volvo"), make_make("Kia"), None]
    for car in cars:
        vehicle = make_vehicle(
            owner=owner,
            make=makes[car.make],
            connected_at=NOW - car.connected_ago * HOUR,
            integration="ACTIVE" if car.is_connected else "INACTIVE",
            removed_at=NOW if car.is_removed else None,
        )
        if car.readiness is not None:
            blocker, has_address, first_after = car.readiness
            Readiness.objects.create(
                vehicle=vehicle,
                kept_for=owner.pk,
                blocker=blocker,
                has_address=has_address,
                first_smart_at=None if first_after is None else vehicle.connected_at + first_after * HOUR,
            )


class TestFunnel(TestCase):
    @settings(max_examples=30, deadline=None, database=None)
    @given(cars=CARS, days=st.sampled_from(CHOICES))
    def test_every_number_equals_the_one_counted_from_the_rows(self, cars: list[Car], days: int) -> None:
        write(cars)
        period = Period.ending(NOW, days=days)

        figures = ready_figures(period=period, now=NOW)

        counted = [car for car in Vehicle.objects.present() if car.connected_at >= period.since]
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
