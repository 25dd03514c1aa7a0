"""Red is for what is broken, amber for what is waited for, grey for what rests."""

from datetime import timedelta

import pytest

from onboarding_portal.vehicles.cards import Card
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import NOW

SILENT = {"stale_since": NOW, "stale_reason": StaleReason.SILENT}
LOST = {"stale_since": NOW, "stale_reason": StaleReason.CONNECTION_LOST, "integration": Integration.INACTIVE}
MARKED = {"stale_since": NOW, "stale_reason": StaleReason.MARKED_BY_STAFF}


def card(**fields: object) -> Card:
    values = {"integration": Integration.ACTIVE, "last_status_at": NOW, "connected_at": NOW, **fields}
    return Card(Vehicle(**values), NOW)


@pytest.mark.parametrize(
    ("fields", "words", "colour"),
    [
        ({}, "Working", "good"),
        ({"last_status_at": None}, "Waiting for first data", "warn"),
        (SILENT, "No data lately", "warn"),
        ({**SILENT, "cause": Cause.UNKNOWN}, "No data lately", "warn"),
        ({**SILENT, "cause": Cause.PROVIDER_DOWN}, "No data lately", "warn"),
        ({**SILENT, "cause": Cause.PROVIDER_LIMITED}, "No data lately", "warn"),
        ({**SILENT, "cause": Cause.ASLEEP_OR_OUT_OF_COVERAGE}, "Asleep", "quiet"),
        ({**SILENT, "cause": Cause.SIGN_IN_EXPIRED}, "Needs attention", "bad"),
        ({**SILENT, "cause": Cause.SUBSCRIPTION_LAPSED}, "Needs attention", "bad"),
        (LOST, "Connection lost", "bad"),
        ({**LOST, "cause": Cause.ASLEEP_OR_OUT_OF_COVERAGE}, "Connection lost", "bad"),
        (MARKED, "Needs attention", "bad"),
        ({"is_disabled": True, **LOST}, "Switched off", "quiet"),
        ({"integration": Integration.UNINTEGRATED}, "Not connected", "quiet"),
        ({"is_smart_charging_on": False}, "Smart charging off", "quiet"),
        ({"is_smart_charging_on": False, "last_status_at": None}, "Waiting for first data", "warn"),
        ({"is_smart_charging_on": False, **LOST}, "Connection lost", "bad"),
    ],
)
def test_word_and_colour(fields: dict[str, object], words: str, colour: str) -> None:
    condition = card(**fields).condition

    assert (str(condition.label), condition.colour) == (words, colour)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(minutes=5), ""),
        (timedelta(hours=2), ""),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=2, hours=5), "2 days"),
        (timedelta(days=70), "2 months"),
        (-timedelta(minutes=5), ""),
    ],
)
def test_old_figures_say_how_old_they_are(age: timedelta, words: str) -> None:
    assert card(last_status_at=NOW - age).data_age.replace("\xa0", " ") == words
    assert card(last_status_at=None).data_age == ""
