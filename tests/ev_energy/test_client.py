"""Each operation: what is asked for, what comes out."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import NotFound
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, StatusLog
from tests.ev_energy_answers import (
    an_id,
    command_log_json,
    error_log_json,
    make_json,
    model_json,
    status_log_json,
    trim_json,
    user_json,
    vehicle_json,
)
from tests.ev_energy_api import EvEnergyApi

VEHICLE_ID = an_id("vhcl")
AT = datetime(2024, 4, 17, 9, 39, 45, 984584, tzinfo=UTC)


def query_of(api: EvEnergyApi, index: int = -1) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(str(api.requests[index].url)).query)


def test_new_owner_is_created_with_the_email_alone(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_created_user(user_json(email="ada@example.com"))

    user = client.create_user(email="ada@example.com")

    assert (user.user_id, user.email) == (an_id("user"), "ada@example.com")
    assert json.loads(ev_energy_api.requests[0].body or b"") == {"email": "ada@example.com"}


def test_owner_is_found_by_email_in_whatever_case(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users(user_json(email="Ada@Example.com"))

    (user,) = client.find_users(email="ada@example.com")
    assert (user.user_id, user.email) == (an_id("user"), "Ada@Example.com")
    assert query_of(ev_energy_api) == [("email", "ada@example.com")]


def test_ignored_email_filter_hands_over_nobody_else(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users(user_json(email="somebody.else@example.com"))

    assert client.find_users(email="ada@example.com") == []


def test_owner_is_read_by_id(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_user(user_json(7))

    assert client.get_user(user_id=an_id("user", 7)).email == "owner7@example.com"


def test_user_without_email_has_an_empty_one(client: Client, ev_energy_api: EvEnergyApi) -> None:
    user = user_json()
    del user["email"]
    ev_energy_api.add_user(user)

    assert client.get_user(user_id=an_id("user")).email == ""


def test_makes_come_from_all_pages_by_name(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_makes(
        [make_json(1, subscription_name="We Connect ID"), make_json(2, onboardable=False)], [make_json(3)]
    )

    makes = client.makes().items

    assert [make.make_id for make in makes] == [an_id("vmak", number) for number in (1, 2, 3)]
    assert (makes[0].name, makes[0].icon_url, makes[0].subscription_name) == ("Make 1", "", "We Connect ID")
    assert makes[0].onboardable
    assert not makes[1].onboardable
    assert query_of(ev_energy_api, 0) == [("ordering", "name"), ("page_size", "100")]
    assert query_of(ev_energy_api, 1)[-1] == ("page_after", an_id("vmak", 2))


def test_models_of_a_make_know_their_make(client: Client, ev_energy_api: EvEnergyApi) -> None:
    expanded = model_json(2, make=make_json(4))
    without_url = model_json(3)
    del without_url["onboarding_url"]
    ev_energy_api.add_models([model_json(1, make=4), expanded, without_url])

    models = client.models().items

    assert (models[0].model_id, models[0].name) == (an_id("vmod", 1), "Model 1")
    assert (models[0].make_id, models[0].onboardable) == (an_id("vmak", 4), True)
    assert models[1].make_id == an_id("vmak", 4)
    assert not models[2].onboardable


def test_trims_of_a_model_know_their_model(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_trims([trim_json(1, model=5, onboardable=False, battery_size_watt_hours=None)])

    trims = client.trims().items

    (trim,) = trims
    assert (trim.trim_id, trim.model_id, trim.name) == (an_id("trim", 1), an_id("vmod", 5), "Trim 1")
    assert (trim.battery_size_wh, trim.onboardable) == (None, False)


def test_compatibility_is_asked_for_a_country(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_compatibility(compatible=False, rank=3)

    verdict = client.check_compatibility(model_id=an_id("vmod"), country="GB")

    assert (verdict.compatible, verdict.recommendation_rank) == (False, 3)
    assert ("country", "GB") in query_of(ev_energy_api)


def test_waitlist_takes_a_model_or_names(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_waitlist()

    client.join_waitlist(email="ada@example.com", model_id=an_id("vmod"), accept_language="en-GB")
    client.join_waitlist(email="ada@example.com", make_name="Lada", model_name="Niva")

    by_id, by_name = (json.loads(request.body or b"") for request in ev_energy_api.requests)
    assert by_id == {"email": "ada@example.com", "vehicle_model_id": an_id("vmod")}
    assert by_name == {
        "email": "ada@example.com",
        "vehicle_make_name": "Lada",
        "vehicle_model_name": "Niva",
    }
    assert ev_energy_api.requests[0].headers["Accept-Language"] == "en-GB"


def test_hostile_accept_language_is_not_passed_on(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_compatibility()

    client.check_compatibility(model_id=an_id("vmod"), accept_language="en\r\nX-Evil: 1")

    assert "Accept-Language" not in ev_energy_api.requests[0].headers


def test_vehicle_comes_with_owner_status_and_trim(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicle(vehicle_json(integrated="INACTIVE", disabled=True))

    vehicle = client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert (vehicle.vehicle_id, vehicle.user_id) == (VEHICLE_ID, an_id("user"))
    assert vehicle.integration == "INACTIVE"
    assert vehicle.is_disabled
    assert (vehicle.trim_id, vehicle.model_id) == (an_id("trim"), an_id("vmod"))
    assert vehicle.make_id == an_id("vmak")
    assert vehicle.latest_status is not None
    assert vehicle.latest_status.sampled_at == AT
    assert vehicle.latest_status.odometer_m == 12_345_678
    assert query_of(ev_energy_api) == [
        ("expand", "latest_status_log"),
        ("expand", "trim.model.make"),
    ]


def test_vehicle_with_bare_references_still_names_them(client: Client, ev_energy_api: EvEnergyApi) -> None:
    bare = vehicle_json(
        user=1,
        trim="https://api.ev.energy/v2/trim/vehicle_" + an_id("trim"),
        latest_status_log=f"https://api.ev.energy/v2/vehicles/{VEHICLE_ID}/status_logs/2024-04-17T09:39:45Z/",
    )
    bare["user"] = f"https://api.ev.energy/v2/user/{an_id('user')}/"
    ev_energy_api.add_vehicle(bare)

    vehicle = client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert vehicle.user_id == an_id("user")
    assert (vehicle.trim_id, vehicle.model_id, vehicle.latest_status) == (an_id("trim"), None, None)


def test_vehicle_that_never_reported_has_no_status(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicle(vehicle_json(latest_status_log=None))

    assert client.get_vehicle(vehicle_id=VEHICLE_ID).latest_status is None


def test_vehicle_is_asked_for_as_an_owner(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicle(vehicle_json())

    client.get_vehicle(vehicle_id=VEHICLE_ID, user_id=an_id("user"))
    client.get_vehicle(vehicle_id=VEHICLE_ID)

    assert ev_energy_api.requests[0].headers["EvEnergy-User"] == an_id("user")
    assert "EvEnergy-User" not in ev_energy_api.requests[1].headers


def test_vehicles_come_in_pages_and_go_on_from_a_cursor(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicles([vehicle_json(1), vehicle_json(2)], [vehicle_json(3)])

    first = next(client.vehicles())
    rest = list(client.vehicles(page_after=first.next_cursor))

    assert [vehicle.vehicle_id for vehicle in first.items] == [an_id("vhcl", 1), an_id("vhcl", 2)]
    assert [vehicle.vehicle_id for page in rest for vehicle in page.items] == [an_id("vhcl", 3)]
    assert rest[-1].next_cursor is None
    assert len(ev_energy_api.requests) == 2
    assert ("page_size", "100") in query_of(ev_energy_api)


@pytest.mark.parametrize("name", ["expiry", "expires_at"])
def test_reconnect_link_ends_when_either_spelling_says(
    client: Client, ev_energy_api: EvEnergyApi, name: str
) -> None:
    ev_energy_api.add_reconnect_link(VEHICLE_ID, **{name: "2022-11-03T20:26:10.344522Z"})

    link = client.create_reconnect_link(vehicle_id=VEHICLE_ID)

    assert link.expires_at == datetime(2022, 11, 3, 20, 26, 10, 344522, tzinfo=UTC)
    assert link.url.startswith("https://app.ev.energy/")
    assert link.url not in repr(link)
    assert ev_energy_api.requests[0].body is None


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_reconnect_link_that_ends_beyond_any_time_zone_does_not_say_when(
    client: Client, ev_energy_api: EvEnergyApi, never: str
) -> None:
    ev_energy_api.add_reconnect_link(VEHICLE_ID, expires_at=never)

    assert client.create_reconnect_link(vehicle_id=VEHICLE_ID).expires_at is None


def test_reconnect_link_may_not_say_when_it_ends(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_reconnect_link(VEHICLE_ID)

    assert client.create_reconnect_link(vehicle_id=VEHICLE_ID).expires_at is None


@pytest.mark.parametrize("name", ["expiry", "expires_at"])
@pytest.mark.parametrize(
    "end", [1667507170, "1667507170", 1667507170.5, "2022-11-03T20:26:10", "", "soon", True, {}, [], 10**30]
)
def test_reconnect_link_whose_end_cannot_be_read_is_good_all_the_same(
    client: Client, ev_energy_api: EvEnergyApi, name: str, end: Any
) -> None:
    link = {"url": "https://app.ev.energy/x", name: end}
    ev_energy_api.add(
        "POST", f"/vehicles/{VEHICLE_ID}/reconnect", json=link, status=201, breaks_contract=True
    )

    assert client.create_reconnect_link(vehicle_id=VEHICLE_ID).url == "https://app.ev.energy/x"


def test_logs_are_paged_by_time_and_filtered(client: Client, ev_energy_api: EvEnergyApi) -> None:
    first, second = "2024-04-17T09:39:45.984584Z", "2024-04-17T08:00:00Z"
    ev_energy_api.add_status_logs(
        VEHICLE_ID, [status_log_json(sampled_at=first)], [status_log_json(sampled_at=second)]
    )
    in_berlin = timezone(timedelta(hours=2))

    pages = list(
        client.logs(
            StatusLog,
            vehicle_id=VEHICLE_ID,
            since=datetime(2024, 4, 17, 2, tzinfo=in_berlin),
            until=AT,
            page_size=1,
        )
    )

    assert [entry.sampled_at for page in pages for entry in page.items] == [
        AT,
        datetime(2024, 4, 17, 8, tzinfo=UTC),
    ]
    assert query_of(ev_energy_api, 0) == [
        ("page_size", "1"),
        ("sampled_at__gte", "2024-04-17T00:00:00Z"),
        ("sampled_at__lte", first),
    ]
    assert query_of(ev_energy_api, 1)[-1] == ("page_after", first)


def test_logs_can_be_read_backwards_by_the_cursor_of_the_page_before(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    newer, older = "2024-04-17T09:39:45.984584Z", "2024-04-17T08:00:00Z"
    path = f"/vehicles/{VEHICLE_ID}/error_logs"
    ev_energy_api.add(
        "GET",
        path,
        json=[error_log_json(logged_at=older)],
        query={"page_after": newer},
        headers={"Link": f'<?page_before={older}>; rel="previous", <about:blank>; rel="next"'},
    )
    ev_energy_api.add("GET", path, json=[error_log_json(logged_at=newer)], query={"page_before": older})

    (second,) = client.logs(ErrorLog, vehicle_id=VEHICLE_ID, page_after=newer)
    (first,) = client.logs(ErrorLog, vehicle_id=VEHICLE_ID, page_before=second.previous_cursor)

    assert second.previous_cursor == older
    assert first.items[0].logged_at == AT
    assert first.previous_cursor is None


def test_error_logs_carry_every_field(client: Client, ev_energy_api: EvEnergyApi) -> None:
    entry = error_log_json(surprise="new field")
    ev_energy_api.add_error_logs(VEHICLE_ID, [entry])

    (page,) = client.logs(ErrorLog, vehicle_id=VEHICLE_ID, since=AT)
    (error,) = page.items

    assert (error.logged_at, error.status_code, error.controller) == (AT, 401, "ENODE")
    assert (error.error_code, error.error_type) == ("AUTHENTICATION_ERROR", "VehicleAPIUnauthorized")
    assert (error.command, error.request_id) == ("START_CHARGE", "56rst-z2jku-tty9t-0dn2f-qazow")
    assert error.error_detail == "The vehicle's authorization was revoked."
    assert error.internal_command_id == "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
    assert error.raw == entry
    assert ("logged_at__gte", "2024-04-17T09:39:45.984584Z") in query_of(ev_energy_api)


def test_command_logs_keep_words_we_do_not_know(client: Client, ev_energy_api: EvEnergyApi) -> None:
    entry = command_log_json(command="PRECONDITION")
    ev_energy_api.add(
        "GET", f"/vehicles/{VEHICLE_ID}/command_logs", json=[entry], breaks_contract=True
    )  # not among the contract's words

    (page,) = client.logs(CommandLog, vehicle_id=VEHICLE_ID, until=AT)

    assert page.items[0].command == "PRECONDITION"
    assert page.items[0].current_milliamps == 32000
    assert page.next_cursor is None


def test_one_log_entry_comes_with_its_vehicle(client: Client, ev_energy_api: EvEnergyApi) -> None:
    vehicle = vehicle_json(description="My Volvo")
    ev_energy_api.add_status_log(VEHICLE_ID, status_log_json() | {"vehicle": vehicle})
    ev_energy_api.add_error_log(VEHICLE_ID, error_log_json() | {"vehicle": vehicle})
    ev_energy_api.add_command_log(VEHICLE_ID, command_log_json() | {"vehicle": vehicle})

    entries = [
        client.log(StatusLog, vehicle_id=VEHICLE_ID, at=AT),
        client.log(ErrorLog, vehicle_id=VEHICLE_ID, at=AT),
        client.log(CommandLog, vehicle_id=VEHICLE_ID, at=AT),
    ]

    assert [(entry.vehicle_id, entry.vehicle_description) for entry in entries] == [
        (VEHICLE_ID, "My Volvo")
    ] * 3
    assert query_of(ev_energy_api) == [("expand", "vehicle")]


def test_time_without_zone_is_not_sent(client: Client) -> None:
    with pytest.raises(ValueError, match="zone"):
        client.log(CommandLog, vehicle_id=VEHICLE_ID, at=datetime(2024, 4, 17))  # noqa: DTZ001  the fault under test


@pytest.mark.parametrize(
    "vehicle_id", ["", "me", "../users", an_id("user"), an_id("vhcl") + "/x", "vhcl01\n"]
)
def test_id_of_wrong_shape_names_nothing_and_is_not_sent(
    client: Client, ev_energy_api: EvEnergyApi, vehicle_id: str
) -> None:
    with pytest.raises(NotFound):
        client.get_vehicle(vehicle_id=vehicle_id)
    with pytest.raises(NotFound):
        client.create_reconnect_link(vehicle_id=vehicle_id)

    assert ev_energy_api.requests == []


@pytest.mark.parametrize(("request_id", "sent"), [("3f-a_1.b", "3f-a_1.b"), ("a\r\nb", None), ("", None)])
def test_request_id_is_passed_on_if_fit(
    client: Client, ev_energy_api: EvEnergyApi, request_id: str, sent: str | None
) -> None:
    ev_energy_api.add_makes([])
    token = current_request_id.set(request_id)

    assert client.makes().items == ()

    current_request_id.reset(token)
    assert ev_energy_api.requests[0].headers.get("X-Request-ID") == sent
