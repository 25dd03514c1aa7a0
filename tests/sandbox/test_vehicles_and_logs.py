from itertools import pairwise
from typing import Any

import pytest

from onboarding_portal.sandbox.causes import CAUSES
from onboarding_portal.sandbox.moments import DAY_US, HOUR_US, iso
from tests.sandbox.world import START_US, HandClock, World, links


def read_all(world: World, path: str) -> list[dict[str, Any]]:
    """Every page of a list, by its next links."""
    entries: list[dict[str, Any]] = []
    while path:
        response = world.get(path)
        assert response.status_code == 200, response.text
        entries += response.json or []
        path = links(response).get("next", "")
    return entries


def test_expand_inlines_what_it_names_and_its_parents() -> None:
    world = World()
    vehicle_id = world.vehicle()

    plain = world.get(f"/vehicles/{vehicle_id}").json or {}
    expanded = (
        world.get(f"/vehicles/{vehicle_id}?expand=user&expand=trim.model.make&expand=latest_status_log").json
        or {}
    )

    assert [type(plain[name]) for name in ("user", "trim", "latest_status_log")] == [str, str, str]
    assert expanded["user"]["email"] == "owner@example.com"
    assert expanded["trim"]["model"]["make"]["name"]
    assert expanded["latest_status_log"]["url"] == plain["latest_status_log"]


def test_references_can_be_followed() -> None:
    world = World()
    vehicle = world.get(f"/vehicles/{world.vehicle()}").json or {}

    for name in ("user", "trim", "latest_status_log"):
        followed = world.get(vehicle[name])
        assert followed.status_code == 200
        assert (followed.json or {})["url"] == vehicle[name]


def test_comma_list_of_expands_is_400() -> None:
    assert World().get("/vehicles?expand=user,trim").status_code == 400


def test_owners_see_their_own_vehicles_only() -> None:
    world = World()
    own, other = world.vehicle(email="a@example.com"), world.vehicle(email="b@example.com")
    headers = {"EvEnergy-User": world.user("a@example.com")}

    listed = world.get("/vehicles", headers=headers).json or []

    assert [vehicle["id"] for vehicle in listed] == [own]
    assert world.get(f"/vehicles/{other}", headers=headers).status_code == 404
    assert world.get(f"/vehicles/{other}/status_logs", headers=headers).status_code == 404
    assert world.post(f"/vehicles/{other}/reconnect", headers=headers).status_code == 404


def test_disconnected_vehicle_is_inactive_and_tells_why() -> None:
    world = World()
    vehicle_id = world.vehicle()

    answer = world.post(f"/vehicles/{vehicle_id}/disconnect")
    world.clock.pass_seconds(60)
    errors = world.get(f"/vehicles/{vehicle_id}/error_logs").json or []

    assert (answer.status_code, (answer.json or {})["integrated"]) == (200, "INACTIVE")
    assert (errors[0]["status_code"], errors[0]["error_type"]) == (403, "VehicleAPIForbidden")
    assert world.post(f"/vehicles/{vehicle_id}/disconnect").status_code == 200


def test_deleted_vehicle_is_gone_everywhere() -> None:
    world = World()
    vehicle_id, kept = world.vehicle(), world.vehicle()
    link = world.reconnect_link(vehicle_id)

    answer = world.call("DELETE", f"/vehicles/{vehicle_id}")

    assert (answer.status_code, answer.json) == (200, {"remaining_car_count": 1})
    assert [vehicle["id"] for vehicle in world.get("/vehicles").json or []] == [kept]
    assert world.get(f"/vehicles/{vehicle_id}").status_code == 404
    assert world.client.get(link).status_code == 410


def test_deletion_can_answer_like_ev_energys_own_sandbox() -> None:
    world = World()
    world.behave(delete_status=204)

    assert world.call("DELETE", f"/vehicles/{world.vehicle()}").status_code == 204


def test_vehicle_that_cannot_be_connected_is_recorded() -> None:
    world = World()
    user_url = f"http://127.0.0.1:9000/v2/users/{world.user()}"
    model_url = f"http://127.0.0.1:9000/v2/vehicle_models/{world.model('Citroën', 'Ami')}"

    answer = world.post(
        "/vehicles", json={"model": model_url, "user": user_url, "battery_size_watt_hours": 5500}
    )

    vehicle = answer.json or {}
    assert (answer.status_code, vehicle["integrated"], vehicle["battery_size_watt_hours"]) == (
        201,
        "UNINTEGRATED",
        5500,
    )
    assert vehicle["latest_status_log"] is None
    assert (world.get(vehicle["trim"]).json or {})["battery_size_watt_hours"] == 5500
    assert world.post(f"/vehicles/{vehicle['id']}/reconnect").status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "model"),
        ({"model": 7}, "model"),
        ({"model": "https://evil.example/vmod01HN2NV5DY9C262PQKG75GHN8K"}, "model"),
        ({"battery_size_watt_hours": 999}, "battery_size_watt_hours"),
        ({"battery_size_watt_hours": "lots"}, "battery_size_watt_hours"),
        ({"description": "x" * 201}, "description"),
        ({"vehicle_class": "TRUCK"}, "vehicle_class"),
        ({"user": "https://api.ev.energy/v2/users/user01HN2NJ9NMRZBXT1H6FT9N7735"}, "user"),
    ],
)
def test_what_cannot_be_recorded_is_400_with_the_field(body: dict[str, object], field: str) -> None:
    world = World()

    answer = world.post("/vehicles", json=body, headers={"EvEnergy-User": world.user()})

    assert answer.status_code == 400
    assert field in (answer.json or {})["field_errors"]


def test_reconnect_link_lives_as_long_as_it_says() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE")
    world.behave(reconnect_link_lifetime_seconds=600, reconnect_expiry_field="expiry")

    answer = world.post(f"/vehicles/{vehicle_id}/reconnect")

    assert answer.status_code == 201
    assert sorted(answer.json or {}) == ["expiry", "url"]
    assert (answer.json or {})["expiry"] == iso(START_US + 600 * 1_000_000)
    assert world.control("GET", "/statistics")["reconnect_links"] == {vehicle_id: 1}


def test_new_vehicle_proves_that_it_lives_after_a_while() -> None:
    world = World()
    world.behave(first_sample_after_seconds=10, sample_interval_seconds=60)
    path = f"/vehicles/{world.connected(make_id=world.make('Tesla'))[0]}"

    before = world.get(path).json or {}
    world.clock.pass_seconds(10)
    first = world.get(path).json or {}
    world.clock.pass_seconds(125)
    later = world.get(f"{path}/status_logs").json or []

    assert before["latest_status_log"] is None
    assert first["latest_status_log"].endswith("/status_logs/2026-03-10T12:00:10.000000Z/")
    assert [entry["sampled_at"][11:19] for entry in later] == ["12:02:10", "12:01:10", "12:00:10"]


def test_silent_vehicle_is_active_without_new_samples() -> None:
    world = World()
    vehicle = (
        world.get(f"/vehicles/{world.vehicle(state='SILENT', hours=72)}?expand=latest_status_log").json or {}
    )

    assert vehicle["integrated"] == "ACTIVE"
    assert vehicle["latest_status_log"]["sampled_at"] < iso(START_US - 72 * HOUR_US)


def test_disabled_vehicle_says_so() -> None:
    vehicle = (world := World()).get(f"/vehicles/{world.vehicle(state='DISABLED')}").json or {}

    assert (vehicle["integrated"], vehicle["disabled"]) == ("ACTIVE", True)


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_each_cause_shows_in_the_last_error(cause: str) -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE", cause=cause, hours=30)

    last = (world.get(f"/vehicles/{vehicle_id}/error_logs").json or [])[0]

    assert (last["status_code"], last["error_code"]) == (CAUSES[cause].status_code, CAUSES[cause].error_code)
    assert last["logged_at"] > iso(START_US - 9 * HOUR_US)


@pytest.mark.parametrize("kind", ["status", "command", "error"])
def test_logs_page_to_the_end_and_back_without_loss(kind: str) -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE", hours=60)
    path = f"/vehicles/{vehicle_id}/{kind}_logs"
    field = "sampled_at" if kind == "status" else "logged_at"

    small = read_all(world, f"{path}?page_size=7")
    large = read_all(world, f"{path}?page_size=100")
    first = world.get(f"{path}?page_size=7")
    second = world.get(links(first)["next"])

    times = [entry[field] for entry in small]
    assert small == large
    assert len(small) > 14, "three pages at least"
    assert times == sorted(set(times), reverse=True)
    assert world.get(links(second)["previous"]).json == first.json
    assert "previous" not in links(first)


def test_last_page_read_backwards_arrives_at_the_first() -> None:
    world = World()
    path = f"/vehicles/{world.vehicle()}/command_logs?page_size=20"
    forth = read_all(world, path)
    pages = [world.get(path)]
    while "next" in links(pages[-1]):
        pages.append(world.get(links(pages[-1])["next"]))

    back, page = list(pages[-1].json or []), pages[-1]
    while "previous" in links(page):
        page = world.get(links(page)["previous"])
        back = list(page.json or []) + back

    assert back == forth


@pytest.mark.parametrize("kind", ["status", "command", "error"])
def test_each_entry_is_found_at_its_time_stamp(kind: str) -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE", hours=10)

    for entry in world.get(f"/vehicles/{vehicle_id}/{kind}_logs?page_size=5").json or []:
        single = world.get(entry["url"])
        without_slash = world.get(entry["url"].rstrip("/") + "?expand=vehicle.user")
        assert single.json == entry
        assert (without_slash.json or {})["vehicle"]["user"]["email"] == "owner@example.com"


@pytest.mark.parametrize(
    "moment", ["2026-03-01T00:00:00.000001Z", "yesterday", "9999-12-31T23:59:59Z", "%00"]
)
def test_no_entry_at_a_time_stamp_is_404(moment: str) -> None:
    world = World()

    assert world.get(f"/vehicles/{world.vehicle()}/status_logs/{moment}").status_code == 404


def test_logs_are_filtered_by_time_both_ends_included() -> None:
    world = World()
    path = f"/vehicles/{world.vehicle()}/status_logs"
    entries = world.get(f"{path}?page_size=100").json or []
    newest, oldest = entries[10]["sampled_at"], entries[30]["sampled_at"]

    filtered = read_all(world, f"{path}?page_size=4&sampled_at__gte={oldest}&sampled_at__lte={newest}")

    assert filtered == entries[10:31]


@pytest.mark.parametrize(
    "query", ["logged_at__gte=x", "logged_at__lte=2026-99-01", "page_after=vhcl", "page_before=1e9"]
)
def test_times_that_are_none_are_400(query: str) -> None:
    world = World()

    assert world.get(f"/vehicles/{world.vehicle()}/error_logs?{query}").status_code == 400


def test_nothing_is_logged_in_the_future() -> None:
    world = World()
    vehicle_id = world.vehicle()

    for kind in ("status", "command", "error"):
        path = f"/vehicles/{vehicle_id}/{kind}_logs?page_before=2026-03-10T11:59:59Z"
        assert [entry for entry in world.get(path).json or [] if entry["url"] > f"{iso(START_US)}"] == []
    assert world.get(f"/vehicles/{vehicle_id}/status_logs?sampled_at__gte=2026-03-10T12:00:01Z").json == []


def test_command_and_the_error_it_caused_share_an_id() -> None:
    world = World()
    vehicle_id = world.vehicle()
    commands = {
        entry["internal_command_id"]: entry
        for entry in read_all(world, f"/vehicles/{vehicle_id}/command_logs")
    }
    errors = [
        entry
        for entry in read_all(world, f"/vehicles/{vehicle_id}/error_logs")
        if entry["internal_command_id"]
    ]

    assert errors
    for error in errors:
        command = commands[error["internal_command_id"]]
        assert error["command"] == command["command"]
        assert error["logged_at"] > command["logged_at"]


def test_day_of_a_car_makes_sense() -> None:
    world = World()
    vehicle_id = world.vehicle()
    day = read_all(
        world,
        f"/vehicles/{vehicle_id}/status_logs?page_size=100&sampled_at__gte={iso(START_US - 2 * DAY_US)}",
    )

    assert {"DRIVING", "STATIONARY", "PLUGGED_IN_CHARGING", "PLUGGED_IN_COMPLETE"} <= {
        entry["state"] for entry in day
    }
    assert all(5 <= entry["state_of_charge_percentage"] <= 80 for entry in day)
    for later, earlier in pairwise(day):
        assert later["odometer_meters"] >= earlier["odometer_meters"]
        if later["is_charging"] and earlier["is_charging"]:
            assert later["state_of_charge_percentage"] >= earlier["state_of_charge_percentage"]
        assert not (later["is_charging"] and not later["is_plugged_in"])


def test_logs_are_the_same_in_another_sandbox() -> None:
    first, second = World(), World()
    path = "/vehicles/{}/{}_logs?page_size=100"
    ids = [world.vehicle(state="INACTIVE", hours=20) for world in (first, second)]

    assert ids[0] == ids[1]
    for kind in ("status", "command", "error"):
        assert first.get(path.format(ids[0], kind)).json == second.get(path.format(ids[0], kind)).json


def test_past_outage_keeps_its_cause_after_the_reconnect() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE", cause="SUBSCRIPTION_LAPSED", hours=20)
    before = read_all(world, f"/vehicles/{vehicle_id}/error_logs")
    link = world.reconnect_link(vehicle_id)
    world.sign_in(
        link.replace(
            "/vehicle-onboarding/start/", f"/manufacturer/{make_slug(world, vehicle_id)}/sign-in?request="
        )
    )
    world.clock.pass_seconds(60)

    assert read_all(world, f"/vehicles/{vehicle_id}/error_logs") == before


def make_slug(world: World, vehicle_id: str) -> str:
    state = world.app.sandbox.state
    return state.catalogue.models[state.vehicles.items[vehicle_id].model_id].make.slug


def test_large_fleet_is_listed_a_page_at_a_time() -> None:
    world = World(vehicles=10_000, inactive_share=0.06, clock=HandClock())
    path = "/vehicles?expand=latest_status_log&expand=user&expand=trim.model.make&page_size=100"
    last = world.app.sandbox.state.vehicles.order[9_899].vehicle_id

    first = world.get(path)
    late = world.get(f"{path}&page_after={last}")

    assert len(first.json or []) == len(late.json or []) == 100
    assert "next" not in links(late)


def test_fleet_is_mixed_and_shared_among_owners() -> None:
    world = World(vehicles=1000, inactive_share=0.1)
    vehicles = read_all(world, "/vehicles?page_size=100")

    states = [vehicle["integrated"] for vehicle in vehicles]
    assert len({vehicle["user"] for vehicle in vehicles}) == 800
    assert 60 < states.count("INACTIVE") < 140
    assert states.count("UNINTEGRATED") > 0
