"""Every combination of what is known: the first cause is the right one, and the database says the same."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from onboarding_portal.readiness.facts import facts_of, review, review_all
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import STEPS, Facts, Met, Need, answers, first_missing
from onboarding_portal.vehicles.models import Integration, StaleReason
from tests.factories import NOW, make_vehicle

KNOWN = st.sampled_from([True, False, None])
FACTS = st.builds(
    Facts,
    is_connected=st.booleans(),
    is_disabled=st.booleans(),
    **dict.fromkeys(
        (
            *("has_address", "has_tariff", "is_switched_on", "is_controllable", "is_at_home"),
            *("is_plugged_in", "commands_arrive"),
        ),
        KNOWN,
    ),
    steps=st.sets(st.sampled_from(STEPS)),
)
FIELD = {
    Need.CONNECTION: "is_connected",
    Need.ADDRESS: "has_address",
    Need.TARIFF: "has_tariff",
    Need.SWITCH: "is_switched_on",
    Need.CONTROL: "is_controllable",
    Need.AT_HOME: "is_at_home",
    Need.PLUGGED_IN: "is_plugged_in",
    Need.COMMANDS: "commands_arrive",
}


def mended(facts: Facts, need: Need) -> Facts:
    values = {name: getattr(facts, name) for name in Facts.__slots__} | {FIELD[need]: True}
    if need is Need.CONTROL:
        values["is_disabled"] = False
    return Facts(**values)


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=FACTS)
def test_first_cause_is_the_earliest_that_is_missing_and_mending_it_mends_exactly_it(facts: Facts) -> None:
    said = {answer.need: answer.met for answer in answers(facts)}
    missing = [need for need in Need if said[need] is Met.NO]
    assert list(said) == list(Need)
    assert first_missing(facts) == (missing[0] if missing else None)

    if missing:
        after = {answer.need: answer.met for answer in answers(mended(facts, missing[0]))}
        changed = {need for need in Need if after[need] != said[need]}
        assert (changed, after[missing[0]]) == ({missing[0]}, Met.YES)


def test_first_cause_is_the_earliest_missing_in_each_of_all_combinations() -> None:
    """Yes, no and not known for each need: as the table says, without the function's own words."""
    order = list(FIELD.values())
    for said in product([True, False, None], repeat=len(order)):
        if said[0] is None:
            continue  # whether a car is connected is always known
        facts = Facts(is_disabled=False, **dict(zip(order, said, strict=True)))
        expected = list(FIELD)[said.index(False)] if False in said else None
        assert first_missing(facts) == expected, said


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=FACTS)
def test_what_is_not_asked_for_is_never_the_cause(facts: Facts) -> None:
    assert first_missing(facts) not in set(STEPS) - set(facts.steps)


ROWS = st.fixed_dictionaries(
    {
        **dict.fromkeys(
            ("has_address", "has_tariff", "is_controllable", "is_at_home", "commands_arrive"), KNOWN
        ),
        "charging_known_since": st.sampled_from([None, NOW - timedelta(days=2), NOW - timedelta(days=20)]),
        "last_charged_at": st.sampled_from([None, NOW - timedelta(days=2), NOW - timedelta(days=20)]),
    }
)
LOST = {"stale_since": NOW, "stale_reason": StaleReason.SILENT}
CARS = st.fixed_dictionaries(
    {
        "integration": st.sampled_from([Integration.ACTIVE, Integration.INACTIVE]),
        "is_disabled": st.booleans(),
        "is_smart_charging_on": KNOWN,
        "is_plugged_in": KNOWN,
        "connected_at": st.sampled_from([NOW - timedelta(days=1), NOW - timedelta(days=30)]),
        "stale": st.booleans(),
    }
)


class TestDatabase(TestCase):
    @examples(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(car=CARS, row=ROWS, steps=st.sets(st.sampled_from(STEPS)))
    def test_query_says_what_the_function_says(
        self, car: dict[str, Any], row: dict[str, Any], steps: set[Need]
    ) -> None:
        is_stale = car.pop("stale")
        vehicle = make_vehicle(**car, **(LOST if is_stale else {}))
        readiness = Readiness.objects.create(vehicle=vehicle, kept_for=vehicle.owner_id, **row)

        review_all(steps=steps, now=NOW)

        readiness.refresh_from_db()
        by_rows = readiness.blocker
        assert by_rows == (first_missing(facts_of(readiness, steps=steps, now=NOW)) or "")
        assert by_rows == (review(readiness, steps=steps, now=NOW) or "")
        assert review_all(steps=steps, now=NOW) == 0


@pytest.mark.django_db
def test_every_present_car_gets_a_row_once() -> None:
    car, _gone = make_vehicle(), make_vehicle(removed_at=NOW)

    assert Readiness.objects.make_missing() == 1
    assert Readiness.objects.make_missing() == 0
    assert list(Readiness.objects.values_list("pk", flat=True)) == [car.pk]
