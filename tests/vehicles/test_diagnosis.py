from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import Unavailable
from onboarding_portal.ev_energy.times import iso
from onboarding_portal.vehicles import advice
from onboarding_portal.vehicles.causes import cause_of
from onboarding_portal.vehicles.diagnosis import diagnose, find_cause
from onboarding_portal.vehicles.models import CAUSE_DETAIL_LENGTH, Cause, Integration, StaleReason, Vehicle
from tests.ev_energy_answers import error_log_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_owner, make_stale_vehicle, make_vehicle
from tests.vehicles.resources import error_log

LOST = StaleReason.CONNECTION_LOST


def log_fields(
    status_code: int, code: str, kind: str, detail: str, controller: str = "ENODE"
) -> dict[str, Any]:
    return {
        "status_code": status_code,
        "error_code": code,
        "error_type": kind,
        "error_detail": detail,
        "controller": controller,
    }


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
    (Cause.ACCESS_REVOKED, log_fields(403, "PERMISSION", "MISSING", "Grant read_battery", "SMARTCAR")),
    (Cause.ACCESS_REVOKED, log_fields(403, "FORBIDDEN", "VehicleAPIForbidden", "", "VOLVO")),
    (Cause.ACCESS_REVOKED, log_fields(404, "RESOURCE_NOT_FOUND", "VehicleAPINotFound", "", "TESLA")),
    (
        Cause.ACCESS_REVOKED,
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
def test_each_log_tells_its_cause(cause: Cause, fields: dict[str, Any]) -> None:
    assert cause_of(error_log(**fields)) is cause


def test_every_cause_can_be_found_and_has_advice() -> None:
    assert {cause for cause, _ in REAL_SHAPED} == set(Cause)
    assert [cause for cause in Cause if cause.facts.advice is None] == [Cause.UNKNOWN]
    assert set(advice.UNKNOWN_ADVICE) == set(StaleReason)


EXPIRED = log_fields(401, "AUTHENTICATION_ERROR", "VehicleAPIUnauthorized", "")
DOWN = log_fields(503, "SERVICE_UNAVAILABLE", "VehicleAPIUnavailable", "")


def test_a_lost_connection_is_told_by_what_lasts_not_by_a_newer_hiccup() -> None:
    logs = [error_log(at=NOW, **DOWN), error_log(at=NOW - timedelta(hours=3), **EXPIRED)]

    assert find_cause(logs=logs, reason=StaleReason.CONNECTION_LOST).cause is Cause.SIGN_IN_EXPIRED


def test_silence_is_told_by_the_newest_error() -> None:
    logs = [error_log(at=NOW - timedelta(hours=3), **EXPIRED), error_log(at=NOW, **DOWN)]

    assert find_cause(logs=logs, reason=StaleReason.SILENT).cause is Cause.PROVIDER_DOWN


def test_no_errors_are_an_unknown_cause() -> None:
    assert find_cause(logs=[], reason=StaleReason.SILENT).cause is Cause.UNKNOWN


def test_staff_see_the_deciding_error() -> None:
    detail = find_cause(logs=[error_log(at=NOW, **EXPIRED)], reason=LOST).detail

    assert "2026-03-14 09:30 UTC" in detail
    assert "401 AUTHENTICATION_ERROR VehicleAPIUnauthorized" in detail
    assert "via ENODE" in detail


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "owner.name+car@example.com",
        "https://link.example/reconnect?code=abc",
        "YV1XZK9V0P1234567",
        "hunter2hunter2",
    ],
)
def test_staff_do_not_see_secrets_that_providers_quote(secret: str) -> None:
    log = error_log(status_code=401, error_detail=f"Failed with password={secret} token: {secret} {secret};")
    if secret == "hunter2hunter2":
        log = error_log(status_code=401, error_detail=f"Failed with password={secret}; bearer {secret}")

    assert secret not in find_cause(logs=[log], reason=LOST).detail


def test_the_detail_is_bounded() -> None:
    log = error_log(error_code="X " * 5000, error_detail="word " * 5000)

    assert len(find_cause(logs=[log], reason=LOST).detail) <= CAUSE_DETAIL_LENGTH


def test_a_code_as_long_as_a_book_is_not_looked_through() -> None:
    finding = find_cause(logs=[error_log(error_code="E" * 300_000)], reason=StaleReason.SILENT)

    assert len(finding.detail) == CAUSE_DETAIL_LENGTH


@pytest.mark.django_db
def test_a_diagnosis_is_one_request_for_what_came_after_the_last_data(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_stale_vehicle()
    ev_energy_api.add_error_logs(vehicle.pk, [error_log_json(logged_at=iso(NOW), **EXPIRED)])

    cause = diagnose(vehicle=vehicle, client=get_client(), now=NOW)

    vehicle.refresh_from_db()
    assert cause is Cause.SIGN_IN_EXPIRED
    assert (vehicle.cause, vehicle.cause_read_at) == (Cause.SIGN_IN_EXPIRED, NOW)
    assert vehicle.cause_due_at == NOW + timedelta(days=1)
    [request] = ev_energy_api.requests
    assert vehicle.last_status_at is not None
    assert parse_qs(urlsplit(str(request.url)).query)["logged_at__gte"] == [iso(vehicle.last_status_at)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "stored", "known_at"),
    [
        (["SMARTCAR"], "SMARTCAR", NOW),
        (["ENODE"], "ENODE", NOW - timedelta(days=9)),
        ([], "ENODE", NOW - timedelta(days=9)),
        (["", "  ", "KIA"], "KIA", NOW),
        (["X" * 500], "X" * 40, NOW),
        (["A\x00B"], "AB", NOW),
    ],
)
def test_whose_service_reads_the_car_is_remembered(
    ev_energy_api: EvEnergyApi, named: list[str], stored: str, known_at: datetime
) -> None:
    vehicle = make_stale_vehicle(controller="ENODE", controller_known_at=NOW - timedelta(days=9))
    logs = [
        error_log_json(logged_at=iso(NOW - timedelta(hours=n)), controller=c) for n, c in enumerate(named)
    ]
    ev_energy_api.add_error_logs(vehicle.pk, logs)

    diagnose(vehicle=vehicle, client=get_client(), now=NOW)

    vehicle.refresh_from_db()
    assert (vehicle.controller, vehicle.controller_known_at) == (stored, known_at)


@pytest.mark.django_db
def test_a_vehicle_that_came_back_meanwhile_gets_no_cause(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_stale_vehicle()
    Vehicle.objects.clear_stale()
    ev_energy_api.add_error_logs(vehicle.pk, [error_log_json(logged_at=iso(NOW), **EXPIRED)])

    assert diagnose(vehicle=vehicle, client=get_client(), now=NOW) is None

    vehicle.refresh_from_db()
    assert vehicle.cause == ""


@pytest.mark.django_db
def test_a_working_vehicle_is_not_looked_into(ev_energy_api: EvEnergyApi) -> None:
    assert diagnose(vehicle=make_vehicle(), client=get_client(), now=NOW) is None
    assert not ev_energy_api.requests


@pytest.mark.django_db
@pytest.mark.parametrize("status", [403, 404])
def test_logs_that_cannot_be_read_are_an_unknown_cause_for_a_day(
    ev_energy_api: EvEnergyApi, status: int
) -> None:
    vehicle = make_stale_vehicle()
    ev_energy_api.add_problem("GET", f"/vehicles/{vehicle.pk}/error_logs", status)

    assert diagnose(vehicle=vehicle, client=get_client(), now=NOW) is Cause.UNKNOWN

    vehicle.refresh_from_db()
    assert vehicle.cause_due_at == NOW + timedelta(days=1)


@pytest.mark.django_db
def test_a_passing_failure_stores_nothing(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_stale_vehicle()
    path = f"/vehicles/{vehicle.pk}/error_logs"
    ev_energy_api.add_problem("GET", path, 503, breaks_contract=True)

    with pytest.raises(Unavailable):
        diagnose(vehicle=vehicle, client=get_client(), now=NOW)

    vehicle.refresh_from_db()
    assert (vehicle.cause, vehicle.cause_read_at) == ("", None)


@pytest.mark.django_db
@pytest.mark.parametrize("cause", [Cause.SIGN_IN_EXPIRED, Cause.ACCESS_REVOKED, Cause.UNKNOWN])
def test_a_reconnect_is_offered_where_it_helps(cause: Cause) -> None:
    vehicle = make_stale_vehicle(StaleReason.SILENT, cause=cause)

    assert advice.reconnect_helps(vehicle)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cause",
    [Cause.SUBSCRIPTION_LAPSED, Cause.ASLEEP_OR_OUT_OF_COVERAGE, Cause.PROVIDER_DOWN, Cause.PROVIDER_LIMITED],
)
def test_no_reconnect_is_asked_for_where_it_does_not_help(cause: Cause) -> None:
    silent = make_stale_vehicle(StaleReason.SILENT, cause=cause)
    cut_off = make_stale_vehicle(StaleReason.CONNECTION_LOST, cause=cause)

    assert not advice.reconnect_helps(silent)
    assert advice.reconnect_helps(cut_off), "nothing else brings back what ev.energy has cut off"
    assert "once more" in advice.next_step(cut_off)


@pytest.mark.django_db
def test_the_owner_reads_the_name_of_the_make() -> None:
    known = make_stale_vehicle(cause=Cause.SIGN_IN_EXPIRED, make=make_make("100% Électrique"))
    unknown = make_stale_vehicle(cause=Cause.SIGN_IN_EXPIRED)

    assert advice.why(known) == "Your sign-in with 100% Électrique has expired."
    assert advice.why(unknown) == "Your sign-in with your car’s manufacturer has expired."


@pytest.mark.django_db
def test_every_advice_reads_well_for_every_state() -> None:
    owner = make_owner()
    for reason in StaleReason:
        for cause in ["", *Cause]:
            for integration in [Integration.ACTIVE, Integration.INACTIVE]:
                vehicle = make_stale_vehicle(reason, owner=owner, cause=cause, integration=integration)
                assert "%" not in advice.why(vehicle) + advice.next_step(vehicle)
