from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import Unavailable
from onboarding_portal.ev_energy.times import iso
from onboarding_portal.vehicles.diagnosis import diagnose, find_cause
from onboarding_portal.vehicles.models import CAUSE_DETAIL_LENGTH, Cause, StaleReason, Vehicle
from tests.ev_energy_answers import error_log_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_stale_vehicle, make_vehicle
from tests.vehicles.log_fields import log_fields
from tests.vehicles.resources import error_log

LOST = StaleReason.CONNECTION_LOST


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
    Vehicle.objects.clear_stale(now=NOW)
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
