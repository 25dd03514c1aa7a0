"""A rehearsed night: cars are charged, smartly or not according to what they lack."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.sandbox.world import World, links

DAY_SECONDS = 86_400
READY = {"has_address": True, "has_tariff": True}
NEEDS = (
    *("has_address", "has_tariff", "is_smart_charging_on", "is_controllable", "is_at_home"),
    *("takes_commands",),
)


def connected(world: World, **needs: bool) -> str:
    vehicle_id = world.vehicle()
    world.control("PATCH", f"/vehicles/{vehicle_id}/needs", json={**READY, **needs})
    return vehicle_id


def last_night(world: World, vehicle_id: str) -> dict[str, Any]:
    query = {"vehicle_id": vehicle_id, "is_finished": "true", "page_size": "100"}
    world.token = world.new_token()  # a night is longer than a token's life
    sessions = world.get("/charging_sub_sessions", query_string=query).json
    assert isinstance(sessions, list)
    return max(sessions, key=lambda session: session["start"])


@examples(max_examples=40, deadline=None, database=None, derandomize=True)
@given(needs=st.fixed_dictionaries({name: st.booleans() for name in NEEDS}))
def test_car_is_charged_smartly_if_and_only_if_it_lacks_nothing(needs: dict[str, bool]) -> None:
    world = World()
    vehicle_id = connected(world, **needs)

    world.clock.pass_seconds(DAY_SECONDS)

    assert (last_night(world, vehicle_id)["mode"] == "SMART") == all(needs.values())


def test_night_before_it_was_ready_stays_what_it_was() -> None:
    world = World()
    vehicle_id = connected(world, has_tariff=False)
    world.control("POST", "/nights", json={"count": 2})
    world.control("PATCH", f"/vehicles/{vehicle_id}/needs", json=READY)
    assert last_night(world, vehicle_id)["mode"] == "UNMANAGED_HOME"

    world.clock.pass_seconds(DAY_SECONDS)

    assert last_night(world, vehicle_id)["mode"] == "SMART"


@pytest.mark.parametrize("change", [{"state": "INACTIVE"}, {"state": "SILENT"}])
def test_car_without_a_connection_is_not_charged(change: dict[str, str]) -> None:
    world = World()
    vehicle_id = connected(world)
    world.control("PATCH", f"/vehicles/{vehicle_id}", json=change)
    before = last_night(world, vehicle_id)

    world.clock.pass_seconds(2 * DAY_SECONDS)

    assert last_night(world, vehicle_id) == before


def test_owner_mends_everything_over_the_api() -> None:
    world = World()
    world.behave(smart_charging_from_start=0)
    (vehicle_id,) = world.connected(make_id=world.make("Tesla"))
    user = f"/users/{world.user()}"
    home = {"address_1": "Dorfstr. 1", "city": "Bern", "postal_code": "10115", "country_code": "DE"}
    assert world.call("PATCH", user, json={"default_location": home}).status_code == 200
    (supplier, *_) = world.get("/suppliers", query_string={"available_for_user_id": world.user()}).json or []
    (tariff, *_) = world.get("/tariffs", query_string={"supplier_id": supplier["id"]}).json or []
    answer = world.call("PATCH", user, json={"default_location": {"tariff": tariff["url"]}})
    assert (answer.json or {})["default_location"]["tariff"] == tariff["url"]
    world.call("PATCH", f"/vehicles/{vehicle_id}", json={"smart_charging_enabled": True})

    world.clock.pass_seconds(DAY_SECONDS)

    night = last_night(world, vehicle_id)
    assert (night["mode"], night["currency"], night["cost"] > 0) == ("SMART", "EUR", True)


def test_suppliers_are_those_of_the_owners_country() -> None:
    world = World()
    connected(world)

    own = world.get("/suppliers", query_string={"available_for_user_id": world.user(), "page_size": "2"})

    assert all(supplier["name"].endswith("GB") for supplier in own.json or [])
    assert links(own)["next"].endswith("page_size=2&page=2")
    assert world.get(links(own)["next"]).status_code == 200


@pytest.mark.parametrize("missing", ["address_1", "city", "postal_code", "country_code"])
def test_part_of_an_address_is_refused_and_changes_nothing(missing: str) -> None:
    world = World()
    home = {"address_1": "1 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country_code": "GB"}
    user = f"/users/{world.user()}"

    refused = world.call("PATCH", user, json={"default_location": {**home, missing: None}})

    assert refused.status_code == 400
    assert f"default_location.{missing}" in (refused.json or {})["field_errors"]
    assert "default_location" not in (world.get(user).json or {})


def test_at_home_is_said_only_where_a_home_is_known() -> None:
    world = World()
    vehicle_id = connected(world, has_address=False)
    path = f"/vehicles/{vehicle_id}/location_logs?page_size=100"
    assert {entry["at_home"] for entry in world.get(path).json or []} == {None}

    world.control("PATCH", f"/vehicles/{vehicle_id}/needs", json=READY)
    assert {entry["at_home"] for entry in world.get(path).json or []} == {True, False}
    world.control("PATCH", f"/vehicles/{vehicle_id}/needs", json={"is_at_home": False})
    assert {entry["at_home"] for entry in world.get(path).json or []} == {False}


def test_nights_pass_for_all_that_was_there() -> None:
    world = World()
    vehicle_id = connected(world)

    world.control("POST", "/nights", json={"count": 2})

    assert last_night(world, vehicle_id)["mode"] == "SMART"
