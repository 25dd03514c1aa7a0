"""What is told of a vehicle: for each cause, standing and cut off."""

import re
from itertools import product

import pytest

from onboarding_portal.vehicles.advice import (
    advice_for,
    is_reconnect_offered,
    where_signing_in_does_not_help,
    words_for,
)
from onboarding_portal.vehicles.cause_words import ADVICE, UNKNOWN_ADVICE, WHEN_CUT_OFF, SigningIn
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from tests.factories import make_make, make_owner, make_stale_vehicle

pytestmark = pytest.mark.django_db

YES, MAYBE, NO = SigningIn.HELPS, SigningIn.MAY_HELP, SigningIn.DOES_NOT_HELP

# Does signing in help a car that is silent, and one that ev.energy has cut off?
TABLE = {
    Cause.KEY_NOT_PAIRED: (MAYBE, MAYBE),
    Cause.TWO_FACTOR_NEEDED: (YES, YES),
    Cause.ACCOUNT_LOCKED: (YES, YES),
    Cause.TERMS_TO_ACCEPT: (MAYBE, MAYBE),
    Cause.SUBSCRIPTION_LAPSED: (NO, NO),
    Cause.REGION_NOT_SUPPORTED: (NO, NO),
    Cause.VEHICLE_NOT_IN_ACCOUNT: (MAYBE, MAYBE),
    Cause.PERMISSIONS_MISSING: (YES, YES),
    Cause.ACCESS_REVOKED: (YES, YES),
    Cause.ASLEEP_OR_OUT_OF_COVERAGE: (NO, YES),
    Cause.PROVIDER_LIMITED: (NO, YES),
    Cause.PROVIDER_DOWN: (NO, MAYBE),
    Cause.SIGN_IN_EXPIRED: (YES, YES),
    Cause.UNKNOWN: (MAYBE, YES),
}


def silent(cause: Cause) -> Vehicle:
    return make_stale_vehicle(StaleReason.SILENT, cause=cause)


def cut_off(cause: Cause) -> Vehicle:
    return make_stale_vehicle(StaleReason.CONNECTION_LOST, cause=cause)


def test_every_cause_has_words() -> None:
    assert set(ADVICE) == set(Cause) - {Cause.UNKNOWN}
    assert set(UNKNOWN_ADVICE) == set(StaleReason)
    assert set(TABLE) == set(Cause)
    assert set(WHEN_CUT_OFF) <= {cause for cause in ADVICE if ADVICE[cause].signing_in == NO}


@pytest.mark.parametrize("cause", Cause)
def test_whether_signing_in_helps(cause: Cause) -> None:
    assert (advice_for(silent(cause)).signing_in, advice_for(cut_off(cause)).signing_in) == TABLE[cause]


@pytest.mark.parametrize("cause", Cause)
def test_the_button_is_there_where_it_can_help_or_must_follow(cause: Cause) -> None:
    assert is_reconnect_offered(silent(cause)) == (TABLE[cause][0] != NO)
    assert is_reconnect_offered(cut_off(cause)), "nothing else brings back what ev.energy has cut off"


@pytest.mark.parametrize("cause", [cause for cause in Cause if NO in TABLE[cause]])
def test_nobody_is_told_of_two_minutes_where_signing_in_does_not_help(cause: Cause) -> None:
    for vehicle in (silent(cause), cut_off(cause)):
        if advice_for(vehicle).signing_in == NO:
            words = str(words_for(vehicle))
            assert "Signing in again does not help on its own." in words
            assert "two minutes" not in words


@pytest.mark.parametrize(
    ("cause", "first"),
    [
        (
            Cause.PERMISSIONS_MISSING,
            "First remove ev.energy’s access in your account with Volvo. Then sign in",
        ),
        (Cause.TERMS_TO_ACCEPT, "First open your car’s app and accept them."),
        (Cause.ACCOUNT_LOCKED, "First see that you can sign in to your car’s app."),
        (Cause.VEHICLE_NOT_IN_ACCOUNT, "First add the car to your account, in its app."),
        (Cause.SUBSCRIPTION_LAPSED, "First renew it in your car’s app. Then sign in with Volvo once more."),
        (Cause.PROVIDER_DOWN, "First wait until Volvo has repaired it."),
    ],
)
def test_what_to_do_first_comes_first(cause: Cause, first: str) -> None:
    vehicle = make_stale_vehicle(cause=cause, make=make_make("Volvo"))

    assert words_for(vehicle).do_first.startswith(first)


def test_the_owner_reads_the_name_of_the_make() -> None:
    known = make_stale_vehicle(cause=Cause.SIGN_IN_EXPIRED, make=make_make("100% Électrique"))
    unknown = make_stale_vehicle(cause=Cause.SIGN_IN_EXPIRED)

    assert words_for(known).what_happened == "Your sign-in with 100% Électrique has expired."
    assert words_for(unknown).what_happened == "Your sign-in with the car’s manufacturer has expired."


ALL_STATES = list(product(StaleReason, ["", *Cause], [Integration.ACTIVE, Integration.INACTIVE]))


def test_every_advice_reads_well_for_every_state() -> None:
    owner = make_owner()
    for reason, cause, integration in ALL_STATES:
        vehicle = make_stale_vehicle(reason, owner=owner, cause=cause, integration=integration)
        words = words_for(vehicle)
        assert not re.search(r"%|\b(the|your|a) your\b", str(words), re.IGNORECASE)
        for text in (words.what_happened, words.do_first, words.will_it_help):
            assert text[0].isupper()
            assert text.endswith(".")
            assert len(text) <= 160, "plain and short"


def test_the_query_agrees_with_what_each_vehicle_is_told() -> None:
    owner = make_owner()
    for reason, cause, integration in ALL_STATES:
        make_stale_vehicle(reason, owner=owner, cause=cause, integration=integration)

    found = set(Vehicle.objects.filter(where_signing_in_does_not_help()))

    assert found == {vehicle for vehicle in Vehicle.objects.all() if advice_for(vehicle).signing_in == NO}
    assert found


def test_a_cause_this_release_does_not_know_is_told_as_unknown() -> None:
    vehicle = make_stale_vehicle(StaleReason.SILENT, cause="FROM_A_NEWER_RELEASE")

    assert advice_for(vehicle) == UNKNOWN_ADVICE[StaleReason.SILENT]
