"""What came of it: counted from the rows, in words a Lead reads."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.reconnects.models import Arm, PolicyChoice, PolicyVersion
from onboarding_portal.reconnects.policy.intervals import Interval
from onboarding_portal.reconnects.policy.results import ArmResult, comparison, difference, results_of, settle
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.factories import NOW, make_staff
from tests.reconnects.policy.office import begin, make_due_cars

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def choose(version: PolicyVersion, arm: Arm, *, back_after: list[float | None], days_ago: int = 30) -> None:
    at = NOW - days_ago * DAY
    cars = make_due_cars(len(back_after))
    PolicyChoice.objects.bulk_create(
        PolicyChoice(
            vehicle=car,
            stale_since=at - DAY,
            version=version,
            arm=arm,
            chosen_at=at,
            mail_from=at,
            back_at=None if days is None else at + days * DAY,
        )
        for car, days in zip(cars, back_after, strict=True)
    )


def test_share_and_time_to_data_are_those_of_the_rows() -> None:
    version = begin()
    choose(version, Arm.MAIN, back_after=[*range(1, 17), 20, None, None, None])
    choose(version, Arm.HELD_BACK, back_after=[6.0, None, None])
    choose(version, Arm.MAIN, back_after=[1, 1, 1], days_ago=6)  # not ripe

    main, held_back = results_of(version, now=NOW)

    assert (main.arm, main.count, main.back) == (Arm.MAIN, 20, 7)
    assert main.median == 10
    assert main.median_bounds == Interval(6, 15)
    assert main.words == (
        "Of 20 cars mailed, 35 % were back within 7 days (18 to 57 %). "
        "Half of them sent data within 10.0 days (6.0 to 15.0)."
    )
    assert held_back.words == "Of 3 cars held back, chosen at least 7 days ago: too few to tell yet."


@pytest.mark.parametrize(
    ("main", "held_back", "words"),
    [
        ((300, 200), (40, 10), "The e-mail helps: 26 to 54 of 100 cars more come back."),
        (
            (300, 90),
            (40, 10),
            "Too few to tell yet what helps: of 100 cars, between -11 and 17 more come back",
        ),
        ((300, 30), (40, 30), "As the rules say, fewer come back: 49 to 76 of 100 cars."),
        ((300, 200), (12, 2), "Too few to tell yet what helps."),
    ],
)
def test_arms_are_compared_in_words(main: tuple[int, int], held_back: tuple[int, int], words: str) -> None:
    one = ArmResult(arm=Arm.MAIN, count=main[0], back=main[1])
    two = ArmResult(arm=Arm.HELD_BACK, count=held_back[0], back=held_back[1])

    assert comparison([one, two]).startswith(words)
    assert comparison([one]) == ""


def test_newcombes_interval_is_the_published_one() -> None:
    """Newcombe 1998, table II, example (a), by his method 10: 56 of 70 and 48 of 80."""
    one, two = ArmResult(arm=Arm.MAIN, count=70, back=56), ArmResult(arm=Arm.HELD_BACK, count=80, back=48)

    found = difference(one, two)

    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_a_break_that_is_over_by_data_is_noted_and_another_is_not() -> None:
    version = begin()
    back, removed, still = make_due_cars(3, stale_since=NOW - 2 * DAY)
    for car in (back, removed, still):
        PolicyChoice.objects.create(
            vehicle=car,
            stale_since=car.stale_since,
            version=version,
            chosen_at=NOW - DAY,
            mail_from=NOW - DAY,
        )
    Vehicle.objects.filter(pk=back.pk).update(integration=Integration.ACTIVE, last_status_at=NOW, read_at=NOW)
    staleness.apply_to_all(now=NOW)
    removed.mark_removed(now=NOW)

    assert settle(now=NOW) == 2
    assert settle(now=NOW) == 0

    found = {choice.vehicle_id: (choice.back_at, choice.ended_at) for choice in PolicyChoice.objects.all()}
    assert found[back.pk][0] is not None
    assert found[removed.pk][0] is None
    assert found[removed.pk][1] is not None
    assert found[still.pk] == (None, None)


def test_the_first_page_says_what_came_of_it_in_a_fixed_number_of_queries(client: Client) -> None:
    version = begin()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    choose(version, Arm.MAIN, back_after=[1.0] * 20)
    with CaptureQueriesContext(connection) as few:
        page = client.get("/admin/").content.decode()
    assert "Of 20 cars mailed, 100 % were back within 7 days" in page
    choose(version, Arm.MAIN, back_after=[2.0] * 40)
    with CaptureQueriesContext(connection) as many:
        client.get("/admin/")

    assert len(many) == len(few)
