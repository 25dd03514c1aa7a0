"""Each row of the exception tree, and answers that break the contract."""

import pickle
import re
from typing import Any

import pytest

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import (
    BadResponse,
    EvEnergyError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from tests.ev_energy_answers import an_id, problem_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi

VEHICLE_ID = an_id("vhcl")
PATH = f"/vehicles/{VEHICLE_ID}"


@pytest.mark.parametrize(
    ("status", "error_class", "can_retry"),
    [
        (302, BadResponse, False),
        (400, Invalid, False),
        (401, Unauthorized, False),
        (403, Forbidden, False),
        (404, NotFound, False),
        (405, Invalid, False),
        (406, Invalid, False),
        (408, Unavailable, True),
        (409, Invalid, False),
        (410, NotFound, False),
        (422, Invalid, False),
        (429, RateLimited, True),
        (500, Unavailable, True),
        (502, Unavailable, True),
        (503, Unavailable, True),
        (504, Unavailable, True),
    ],
)
def test_status_becomes_its_error(
    client: Client, ev_energy_api: EvEnergyApi, status: int, error_class: type[EvEnergyError], can_retry: bool
) -> None:
    ev_energy_api.add_problem(
        "POST",
        f"{PATH}/reconnect",
        status,
        kind="some-problem",
        headers={"X-Request-ID": "req-1"},
        breaks_contract=True,
    )

    with pytest.raises(EvEnergyError) as caught:
        client.create_reconnect_link(vehicle_id=VEHICLE_ID)

    error = caught.value
    assert type(error) is error_class
    assert error.can_retry is can_retry
    assert (error.status, error.operation, error.request_id) == (status, "create_reconnect_link", "req-1")
    assert str(status) in str(error)
    if error_class is not BadResponse:
        assert error.problem_type.endswith("/problems/some-problem/")
        assert error.title == f"Problem {status}"


def test_redirect_is_not_followed(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add(
        "GET", PATH, status=302, headers={"Location": "https://evil.example/"}, breaks_contract=True
    )

    with pytest.raises(BadResponse):
        client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert len(ev_energy_api.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "42"}, 42.0),
        ({"RetryAfter": "42.5"}, 42.5),
        ({"retryafter": "7"}, 7.0),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "1e300"}, 3600.0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600.0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:00 +99999999999999"}, None),
        ({"Retry-After": "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize(("status", "error_class"), [(429, RateLimited), (503, Unavailable)])
def test_retry_after_is_read_in_each_spelling(
    client: Client,
    ev_energy_api: EvEnergyApi,
    headers: dict[str, str],
    seconds: float | None,
    status: int,
    error_class: type[RateLimited | Unavailable],
) -> None:
    is_odd = any(not re.fullmatch(r"[\d.]+", value) for value in headers.values())
    ev_energy_api.add_problem("POST", f"{PATH}/reconnect", status, headers=headers, breaks_contract=is_odd)

    with pytest.raises(error_class) as caught:
        client.create_reconnect_link(vehicle_id=VEHICLE_ID)

    assert caught.value.retry_after == seconds


def test_refused_fields_are_told_one_by_one(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem(
        "POST",
        "/users",
        400,
        kind="validation-failed-create-user",
        field_errors={"email": ["Enter a valid email address.", 3], "odd": "no list"},
    )

    with pytest.raises(Invalid) as caught:
        client.create_user(email="nonsense@x")

    assert caught.value.field_errors == {"email": ["Enter a valid email address."]}


@pytest.mark.parametrize(
    "body", ["<html>", "[]", "null", '{"type": 3, "title": null, "field_errors": []}', ""]
)
def test_problem_that_is_none_is_known_by_its_status(
    client: Client, ev_energy_api: EvEnergyApi, body: str
) -> None:
    ev_energy_api.add("GET", PATH, body=body, status=400, breaks_contract=True)

    with pytest.raises(Invalid) as caught:
        client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert (caught.value.problem_type, caught.value.title, caught.value.field_errors) == ("", "", {})


def test_errors_survive_being_pickled() -> None:
    error = RateLimited("Too many.", retry_after=3.5, operation="makes", status=429)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes

    assert (type(copy), str(copy), copy.retry_after, copy.status) == (RateLimited, "Too many.", 3.5, 429)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>504 Gateway</html>",
        b'{"id": ',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_broken_json_is_a_bad_response_that_may_pass(
    client: Client, ev_energy_api: EvEnergyApi, body: bytes
) -> None:
    ev_energy_api.add("GET", PATH, body=body, breaks_contract=True)

    with pytest.raises(BadResponse) as caught:
        client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert caught.value.can_retry
    assert (caught.value.operation, caught.value.status) == ("get_vehicle", 200)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"id": "vhcl01"}, "id"),
        ({"id": an_id("user")}, "id"),
        ({"id": None}, "id"),
        ({"user": None}, "user"),
        ({"user": "https://api.ev.energy/v2/users/me"}, "user"),
        ({"user": "http://[broken"}, "user"),
        ({"user": {"id": "x"}}, "user"),
    ],
)
def test_unreadable_field_is_named_without_its_value(
    client: Client, ev_energy_api: EvEnergyApi, fields: dict[str, Any], where: str
) -> None:
    ev_energy_api.add("GET", PATH, json=vehicle_json() | fields, breaks_contract=True)

    with pytest.raises(BadResponse) as caught:
        client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert caught.value.field == where
    assert str(caught.value) == f"{where} is missing or cannot be read."
    assert not caught.value.can_retry


@pytest.mark.parametrize("field", ["id", "user"])
def test_missing_field_is_named(client: Client, ev_energy_api: EvEnergyApi, field: str) -> None:
    vehicle = vehicle_json()
    del vehicle[field]
    ev_energy_api.add("GET", PATH, json=vehicle, breaks_contract=True)

    with pytest.raises(BadResponse, match=f"{field} is missing"):
        client.get_vehicle(vehicle_id=VEHICLE_ID)


@pytest.mark.parametrize("answer", [{}, None, "text", 3])
def test_list_that_is_none_is_a_bad_response(client: Client, ev_energy_api: EvEnergyApi, answer: Any) -> None:
    ev_energy_api.add("GET", "/vehicle_makes", json=answer, breaks_contract=True)

    with pytest.raises(BadResponse):
        client.makes()


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"url": "/relative"},
        {"url": "javascript:alert(1)"},
        {"url": "https://"},
        {"url": "https://[x"},
        {"url": 5, "expiry": "2026-11-03T20:26:10Z"},
        [],
    ],
)
def test_unusable_reconnect_link_is_a_bad_response(
    client: Client, ev_energy_api: EvEnergyApi, link: dict[str, Any]
) -> None:
    ev_energy_api.add("POST", f"{PATH}/reconnect", json=link, status=201, breaks_contract=True)

    with pytest.raises(BadResponse) as caught:
        client.create_reconnect_link(vehicle_id=VEHICLE_ID)

    assert "app.ev.energy" not in str(caught.value)


def test_answer_without_content_is_a_bad_response(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("GET", PATH, body="", status=204, breaks_contract=True)

    with pytest.raises(BadResponse):
        client.get_vehicle(vehicle_id=VEHICLE_ID)


def test_what_ev_energy_wrote_is_not_in_the_message(client: Client, ev_energy_api: EvEnergyApi) -> None:
    problem = problem_json(400, field_errors={"email": ["ada@example.com is taken."]})
    ev_energy_api.add(
        "POST",
        "/users",
        json=problem | {"detail": "ada@example.com exists."},
        status=400,
        content_type="application/problem+json",
    )

    with pytest.raises(Invalid) as caught:
        client.create_user(email="ada@example.com")

    assert caught.value.detail == "ada@example.com exists."
    assert "ada@" not in str(caught.value) + repr(caught.value)


def test_texts_no_database_takes_are_made_storable(client: Client, ev_energy_api: EvEnergyApi) -> None:
    # A name that was cut in the middle of an emoji, as programs that count in UTF-16 do.
    ev_energy_api.add("GET", PATH, json=vehicle_json(description="\u2600\x00 Family car \ud83d"))

    vehicle = client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert vehicle.description == "\u2600 Family car ?"
