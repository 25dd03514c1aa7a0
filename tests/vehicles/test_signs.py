"""Which cause an error log tells of: real texts with their sources, ev.energy's own shapes, and what is in doubt."""

from typing import Any

import pytest

from onboarding_portal.sandbox.causes import CAUSES as SANDBOX_CAUSES
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.signs import LONGEST_TEXT, SIGNS, cause_of
from tests.vehicles.error_log_corpus import ENTRIES, ReportedError
from tests.vehicles.log_fields import log_fields
from tests.vehicles.resources import error_log

REAL_SHAPED = [
    (
        Cause.SIGN_IN_EXPIRED,
        log_fields(401, "AUTHENTICATION_ERROR", "VehicleAPIUnauthorized", "Unauthorized"),
    ),
    (
        Cause.SIGN_IN_EXPIRED,
        log_fields(400, "invalid_grant", "OAuthError", "Refresh token is invalid", "VOLVO"),
    ),
    (Cause.SIGN_IN_EXPIRED, log_fields(401, "", "VehicleAPIUnauthorized", "token expired (401)", "TESLA")),
    (Cause.SIGN_IN_EXPIRED, log_fields(409, "CONNECTED_ACCOUNT", "AUTHENTICATION_FAILED", "", "SMARTCAR")),
    (
        Cause.SIGN_IN_EXPIRED,
        log_fields(400, "ERROR", "VehicleAPIError", "The user needs to log in again.", "VOLVO"),
    ),
    (
        Cause.ACCESS_REVOKED,
        log_fields(401, "AUTHENTICATION_ERROR", "VehicleAPIUnauthorized", "User revoked access"),
    ),
    (Cause.PERMISSIONS_MISSING, log_fields(403, "PERMISSION", "MISSING", "Grant read_battery", "SMARTCAR")),
    (Cause.UNKNOWN, log_fields(403, "FORBIDDEN", "VehicleAPIForbidden", "", "VOLVO")),
    (Cause.UNKNOWN, log_fields(404, "RESOURCE_NOT_FOUND", "VehicleAPINotFound", "", "TESLA")),
    (Cause.UNKNOWN, log_fields(410, "GONE", "VehicleAPIError", "", "SMARTCAR")),
    (Cause.UNKNOWN, log_fields(409, "VEHICLE_STATE", "DOOR_OPEN", "", "SMARTCAR")),
    (Cause.UNKNOWN, log_fields(400, "ERROR", "VehicleAPIError", "Invalid subscription key")),
    (Cause.PROVIDER_DOWN, log_fields(503, "", "", "The subscription service does not answer")),
    (Cause.SIGN_IN_EXPIRED, log_fields(403, "TOKEN_REVOKED", "OAuthError", "Access token has been revoked")),
    (Cause.ACCESS_REVOKED, log_fields(401, "", "", "The user's consent was withdrawn")),
    (Cause.REGION_NOT_SUPPORTED, log_fields(404, "", "", "Not available in your country")),
    (Cause.TWO_FACTOR_NEEDED, log_fields(401, "MFA_REQUIRED", "", "")),
    (Cause.TERMS_TO_ACCEPT, log_fields(403, "FORBIDDEN", "", "Please accept the updated terms")),
    (Cause.KEY_NOT_PAIRED, log_fields(400, "VIRTUAL_KEY_REQUIRED", "CONNECTED_SERVICES_ACCOUNT", "")),
    (Cause.ACCOUNT_LOCKED, log_fields(401, "AUTHENTICATION_ERROR", "OAuthError", "Password was changed")),
    (
        Cause.VEHICLE_NOT_IN_ACCOUNT,
        log_fields(400, "ERROR", "VehicleAPIError", "Vehicle was removed from the account", "VOLVO"),
    ),
    (
        Cause.SUBSCRIPTION_LAPSED,
        log_fields(401, "AUTHENTICATION_ERROR", "VehicleAPIUnauthorized", "Subscription expired", "VOLVO"),
    ),
    (
        Cause.SUBSCRIPTION_LAPSED,
        log_fields(400, "VEHICLE_NOT_SUBSCRIBED", "SubscriptionError", "", "SMARTCAR"),
    ),
    (Cause.SUBSCRIPTION_LAPSED, log_fields(402, "BILLING", "VehicleAPIError", "Payment required")),
    (
        Cause.SUBSCRIPTION_LAPSED,
        log_fields(403, "FORBIDDEN", "VehicleAPIForbidden", "Connected services are inactive for this car"),
    ),
    (
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
        log_fields(408, "TIMEOUT", "VehicleAPITimeout", "vehicle unavailable: offline or asleep", "TESLA"),
    ),
    (Cause.ASLEEP_OR_OUT_OF_COVERAGE, log_fields(409, "VEHICLE_STATE", "ASLEEP", "", "SMARTCAR")),
    (
        Cause.ASLEEP_OR_OUT_OF_COVERAGE,
        log_fields(504, "TIMEOUT", "VehicleAPIError", "The vehicle is currently not reachable", "VOLVO"),
    ),
    (Cause.ASLEEP_OR_OUT_OF_COVERAGE, log_fields(400, "VEHICLE_UNREACHABLE", "VehicleAPIError", "")),
    (
        Cause.PROVIDER_DOWN,
        log_fields(503, "SERVICE_UNAVAILABLE", "VehicleAPIUnavailable", "Try later", "VOLVO"),
    ),
    (
        Cause.PROVIDER_DOWN,
        log_fields(502, "UPSTREAM", "INTERNAL", "authentication backend failed", "SMARTCAR"),
    ),
    (Cause.PROVIDER_DOWN, log_fields(500, "SERVER_ERROR", "VehicleAPIError", "Unexpected", "TESLA")),
    (Cause.PROVIDER_LIMITED, log_fields(429, "RATE_LIMIT", "VEHICLE", "Too many requests", "SMARTCAR")),
    (Cause.PROVIDER_LIMITED, log_fields(400, "TooManyRequests", "VehicleAPIError", "", "TESLA")),
    (Cause.UNKNOWN, log_fields(400, "BAD_REQUEST", "VehicleAPIError", "Something else")),
    (Cause.UNKNOWN, log_fields(0, "", "", "")),
]


@pytest.mark.parametrize(("cause", "fields"), REAL_SHAPED)
def test_each_shape_tells_its_cause(cause: Cause, fields: dict[str, Any]) -> None:
    assert cause_of(error_log(**fields)) is cause


def cause_of_reported(entry: ReportedError) -> Cause:
    return cause_of(
        error_log(
            status_code=entry.status_code,
            error_code=entry.error_code,
            error_type=entry.error_type,
            error_detail=entry.error_detail,
        )
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.service}: {entry.error_detail[:50]}")
def test_each_reported_text_tells_its_cause_and_what_is_in_doubt_stays_unknown(entry: ReportedError) -> None:
    assert cause_of_reported(entry) is entry.cause


def test_the_reported_texts_are_many_of_many_makes_and_of_every_cause() -> None:
    assert len(ENTRIES) >= 50
    assert len({entry.service for entry in ENTRIES}) >= 13
    assert {entry.cause for entry in ENTRIES} == set(Cause)


SAID_BY_THE_SANDBOX = {
    "ASLEEP": Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    "OUT_OF_COVERAGE": Cause.ASLEEP_OR_OUT_OF_COVERAGE,
}


@pytest.mark.parametrize("name", SANDBOX_CAUSES)
def test_the_demos_cars_are_told_rightly(name: str) -> None:
    said = SANDBOX_CAUSES[name]
    log = error_log(
        status_code=said.status_code,
        error_code=said.error_code,
        error_type=said.error_type,
        error_detail=said.error_detail,
    )

    assert cause_of(log) is (SAID_BY_THE_SANDBOX.get(name) or Cause(name))


@pytest.mark.parametrize(
    ("surer", "said", "less_sure"),
    [
        (
            Cause.SIGN_IN_EXPIRED,
            log_fields(403, "", "", "The refresh token was revoked"),
            Cause.ACCESS_REVOKED,
        ),
        (
            Cause.SUBSCRIPTION_LAPSED,
            log_fields(401, "UNAUTHORIZED", "", "Subscription ended"),
            Cause.SIGN_IN_EXPIRED,
        ),
        (Cause.ASLEEP_OR_OUT_OF_COVERAGE, log_fields(503, "", "", "Vehicle is offline"), Cause.PROVIDER_DOWN),
        (Cause.PROVIDER_LIMITED, log_fields(403, "FORBIDDEN", "", "Quota exceeded"), Cause.ACCESS_REVOKED),
        (Cause.PROVIDER_DOWN, log_fields(401, "UPSTREAM_ERROR", "", ""), Cause.SIGN_IN_EXPIRED),
        (Cause.KEY_NOT_PAIRED, log_fields(500, "", "", "The key is not paired"), Cause.PROVIDER_DOWN),
    ],
)
def test_words_are_surer_than_codes_and_codes_surer_than_a_status(
    surer: Cause, said: dict[str, Any], less_sure: Cause
) -> None:
    assert cause_of(error_log(**said)) is surer is not less_sure


def test_every_cause_but_the_unknown_has_signs() -> None:
    assert set(SIGNS) == set(Cause) - {Cause.UNKNOWN}


@pytest.mark.parametrize(
    "word", ["access to use ", "authorization to use x was ", "the vehicle is ", "a", "Aa1"]
)
def test_texts_without_end_are_read_up_to_a_limit(word: str) -> None:
    endless = word * LONGEST_TEXT + " virtual key"

    assert cause_of(error_log(status_code=None, error_detail=endless, error_code=endless)) == Cause.UNKNOWN
