import re

import pytest

from onboarding_portal.sandbox.context import Config
from tests.sandbox.world import RETURN_ADDRESS, World, continue_link, location, returned


def test_make_that_is_enough_leads_straight_to_the_manufacturer() -> None:
    world = World()

    path = location(world.onboard(make_id=world.make("Tesla")))

    assert re.fullmatch(r"/manufacturer/tesla/sign-in\?request=[0-9a-f-]{36}", path)


def test_owner_approves_one_car_and_comes_back_with_its_ids() -> None:
    world = World()
    consent = location(world.sign_in(location(world.onboard(make_id=world.make("Tesla")))))

    back = returned(world.client.post(consent, data={"vehicle": "1", "decision": "approve"}))

    assert sorted(back) == ["vehicle_id", "vehicle_uid"]
    vehicle = world.get(f"/vehicles/{back['vehicle_uid'][0]}").json or {}
    assert vehicle["integrated"] == "ACTIVE"
    assert vehicle["user"].endswith(world.user())
    assert back["vehicle_id"][0].isdigit()


def test_ids_of_several_cars_come_back_in_matching_order() -> None:
    world = World()
    consent = location(world.sign_in(location(world.onboard(make_id=world.make("Tesla")))))

    back = returned(world.client.post(consent, data={"vehicle": ["0", "2"], "decision": "approve"}))

    state = world.app.sandbox.state
    assert len(back["vehicle_uid"]) == 2
    assert [str(state.vehicles.items[uid].legacy_id) for uid in back["vehicle_uid"]] == back["vehicle_id"]


def test_cars_offered_fit_what_was_picked() -> None:
    world = World()
    trim_id = world.trim("Volvo", "EX30", "Plus Twin Motor Performance")

    vehicles = world.connected(trim_id=trim_id, vehicles=("0", "1"))

    resources = [world.get(f"/vehicles/{vehicle_id}?expand=trim").json or {} for vehicle_id in vehicles]
    assert {resource["trim"]["id"] for resource in resources} == {trim_id}
    assert {resource["battery_size_watt_hours"] for resource in resources} == {69_000}


def test_same_car_connected_twice_stays_one_vehicle() -> None:
    world = World()

    first = world.connected(make_id=world.make("Tesla"))
    second = world.connected(make_id=world.make("Tesla"))

    assert first == second
    assert len(world.get("/vehicles").json or []) == 1


def test_deleted_car_connected_again_is_a_new_vehicle() -> None:
    world = World()
    first = world.connected(make_id=world.make("Tesla"))
    world.call("DELETE", f"/vehicles/{first[0]}")

    assert world.connected(make_id=world.make("Tesla")) != first


@pytest.mark.parametrize("page", ["sign-in", "consent"])
def test_owner_who_cancels_comes_back_without_vehicles(page: str) -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Tesla")))
    if page == "consent":
        path = location(world.sign_in(path))

    back = returned(world.client.post(path, data={"vehicle": "0", "decision": "cancel"}))

    assert back == {"error": ["access_denied"]}
    assert world.get("/vehicles").json == []


def test_pick_that_is_not_enough_goes_on_in_the_sandboxs_picker() -> None:
    world = World()

    path = location(world.onboard(make_id=world.make("Volvo")))
    assert path.endswith("/model")
    path = location(world.client.post(path, data={"model_id": world.model("Volvo", "EX30")}))
    assert path.endswith("/trim")
    trim_id = world.trim("Volvo", "EX30", "Plus Twin Motor Performance")
    path = location(world.client.post(path, data={"trim_id": trim_id}))

    assert path.startswith("/manufacturer/volvo/sign-in?request=")


def test_owner_without_any_pick_gets_the_make_picker() -> None:
    world = World()
    path = location(world.onboard())

    page = world.client.get(path)
    onward = location(world.client.post(path, data={"make_id": world.make("Tesla")}))

    assert f'value="{world.make("Tesla")}">Tesla</button>' in page.text
    assert "XPENG" not in page.text, "a make of which nothing can be connected"
    assert onward.startswith("/manufacturer/tesla/sign-in")


def test_picker_refuses_what_it_did_not_offer() -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Volvo")))

    for model_id in (world.model("Volvo", "C30 Electric"), world.model("Audi", "Q6 e-tron"), "x", ""):
        assert world.client.post(path, data={"model_id": model_id}).status_code == 400


def test_picker_can_be_cancelled() -> None:
    world = World()

    response = world.client.post(location(world.onboard()), data={"decision": "cancel"})

    assert returned(response) == {"error": ["access_denied"]}


def test_consent_needs_the_sign_in_first() -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Tesla"))).replace("sign-in", "consent")

    shown, sent = (
        world.client.get(path),
        world.client.post(path, data={"vehicle": "0", "decision": "approve"}),
    )

    assert "/sign-in?" in location(shown)
    assert "/sign-in?" in location(sent)
    assert world.get("/vehicles").json == []


def test_approving_nothing_asks_again() -> None:
    world = World()
    consent = location(world.sign_in(location(world.onboard(make_id=world.make("Tesla")))))

    for form in ({"decision": "approve"}, {"vehicle": "7", "decision": "approve"}, {"vehicle": "0"}):
        page = world.client.post(consent, data=form)
        assert page.status_code == 400
        assert 'id="error"' in page.text


def test_finished_flow_cannot_be_walked_again() -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Tesla")))
    consent = location(world.sign_in(path))
    world.client.post(consent, data={"vehicle": "0", "decision": "approve"})

    assert world.client.get(path).status_code == 410
    assert world.client.post(consent, data={"vehicle": "1", "decision": "approve"}).status_code == 410


def test_flow_of_another_make_or_of_nobody_is_unknown() -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Tesla")))

    assert world.client.get(path.replace("tesla", "volvo")).status_code == 404
    assert world.client.get("/manufacturer/tesla/sign-in").status_code == 404
    assert world.client.get("/manufacturer/tesla/sign-in?request=../../etc").status_code == 404


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://localhost.evil.example/",
        "http://evil.example\\@localhost/",
        "//localhost/",
        "javascript://localhost/%0aalert(1)",
        "data:text/html,x",
        "http://localhost /",
        "http://localhost\t/",
        "http://localhost:99999/",
        "http://[::1",
        "http://löcalhost/",
        "/connect/return/",
        "",
    ],
)
def test_address_that_is_not_registered_is_refused(redirect_uri: str) -> None:
    world = World()

    response = world.onboard(make_id=world.make("Tesla"), redirect_uri=redirect_uri)

    assert response.status_code == 400
    assert list((response.json or {})["field_errors"]) == ["redirect_uri"]


@pytest.mark.parametrize(
    ("redirect_uri", "status"),
    [
        ("https://portal.example/any/path?x=1", 302),
        ("http://portal.example/", 400),
        ("https://portal.example:8443/", 400),
        ("http://localhost:8000/", 400),
    ],
)
def test_registered_origins_are_the_only_ones_once_named(redirect_uri: str, status: int) -> None:
    world = World(config=Config(redirect_origins=("https://portal.example",)))

    assert world.onboard(make_id=world.make("Tesla"), redirect_uri=redirect_uri).status_code == status


def test_query_of_the_return_address_is_kept() -> None:
    world = World()
    path = location(world.onboard(make_id=world.make("Tesla"), redirect_uri=RETURN_ADDRESS + "?a=1"))

    assert location(world.sign_in(path, decision="cancel")) == RETURN_ADDRESS + "?a=1&error=access_denied"


def test_without_return_address_the_applications_own_is_used() -> None:
    world = World(config=Config(onboarding_redirect_url="https://portal.example/done"))
    query = {"user_id": world.user(), "client_id": "sandbox-client", "make_id": world.make("Tesla")}
    path = location(world.client.get("/v2/vehicle_onboarding", query_string=query))

    assert location(world.sign_in(path, decision="cancel")).startswith("https://portal.example/done?")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"user_id": "nobody"}, 400),
        ({"user_id": "user01HN2NJ9NMRZBXT1H6FT9N7735"}, 404),
        ({"client_id": "someone-else"}, 400),
        ({"client_id": ""}, 400),
        ({"make_id": "vmak01HN2NV5DY9C262PQKG75GHN8K"}, 404),
        ({"make_id": "<script>"}, 404),
        ({"response_type": "xml"}, 400),
    ],
)
def test_wrong_parameters_are_refused(query: dict[str, str], status: int) -> None:
    response = World().onboard(**query)

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


def test_contradictory_and_unsupported_picks_are_refused() -> None:
    world = World()
    c30 = world.trim("Volvo", "C30 Electric", "24 kWh")

    contradiction = world.onboard(make_id=world.make("Tesla"), model_id=world.model("Volvo", "EX30"))
    wrong_trim = world.onboard(model_id=world.model("Volvo", "EX30"), trim_id=c30)
    unsupported = world.onboard(trim_id=c30)

    assert [answer.status_code for answer in (contradiction, wrong_trim, unsupported)] == [400, 400, 400]


def test_native_applications_get_the_address_as_json() -> None:
    world = World()

    answer = world.onboard(make_id=world.make("Tesla"), response_type="json")
    unsupported = world.onboard(model_id=world.model("Citroën", "Ami"), response_type="json")
    without_pick = world.onboard(response_type="json")

    assert answer.status_code == 200
    assert (answer.json or {})["url"].startswith("http://127.0.0.1:9000/manufacturer/tesla/sign-in?")
    assert [unsupported.status_code, without_pick.status_code] == [422, 400]


def test_pages_are_labelled_and_carry_no_script() -> None:
    world = World()
    sign_in = location(world.onboard(make_id=world.make("Tesla")))
    consent = location(world.sign_in(sign_in))
    start = world.reconnect_link(world.vehicle(state="INACTIVE"))
    picker = location(world.onboard())

    for path in (sign_in, consent, start, picker, "/nowhere"):
        page = world.client.get(path)
        assert "not the real thing" in page.text
        assert "<script" not in page.text
        assert "style=" not in page.text
    assert world.client.get("/sandbox.css").mimetype == "text/css"


def test_names_are_escaped_on_pages() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE")
    world.app.sandbox.state.vehicles.items[vehicle_id].description = "<b>x</b>"

    assert "&lt;b&gt;x&lt;/b&gt;" in world.client.get(world.reconnect_link(vehicle_id)).text


def test_reconnect_link_brings_the_vehicle_back() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE", hours=50)
    start = world.client.get(world.reconnect_link(vehicle_id))

    page = world.sign_in(continue_link(start))
    world.clock.pass_seconds(4)

    assert page.status_code == 200
    assert "Reconnected" in page.text
    vehicle = world.get(f"/vehicles/{vehicle_id}?expand=latest_status_log").json or {}
    assert vehicle["integrated"] == "ACTIVE"
    assert vehicle["latest_status_log"]["sampled_at"] == "2026-03-10T12:00:03.000000Z"


def test_reconnected_owner_is_sent_to_the_applications_address() -> None:
    world = World(config=Config(onboarding_redirect_url=RETURN_ADDRESS))
    vehicle_id = world.vehicle(state="INACTIVE")

    response = world.sign_in(continue_link(world.client.get(world.reconnect_link(vehicle_id))))

    assert returned(response)["vehicle_uid"] == [vehicle_id]


def test_cancelled_reconnect_leaves_the_vehicle_inactive() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE")
    start = world.client.get(world.reconnect_link(vehicle_id))

    page = world.sign_in(continue_link(start), decision="cancel")

    assert "Cancelled" in page.text
    assert (world.get(f"/vehicles/{vehicle_id}").json or {})["integrated"] == "INACTIVE"


def test_used_expired_and_unknown_reconnect_links_have_their_own_pages() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE")
    used, expired = world.reconnect_link(vehicle_id), world.reconnect_link(vehicle_id)
    world.sign_in(continue_link(world.client.get(used)))
    used_page = world.client.get(used)
    world.clock.pass_seconds(3600)

    expired_page = world.client.get(expired)
    unknown_page = world.client.get("/vehicle-onboarding/start/56091b3b-86e9-4e7c-a825-f99e5d131234")

    assert (used_page.status_code, "has been used" in used_page.text) == (410, True)
    assert (expired_page.status_code, "has expired" in expired_page.text) == (410, True)
    assert (unknown_page.status_code, "is not known" in unknown_page.text) == (404, True)


def test_reconnect_link_can_be_opened_once_and_the_pages_behind_it_again() -> None:
    world = World()
    vehicle_id = world.vehicle(state="INACTIVE")
    link = world.reconnect_link(vehicle_id)

    looked_up = world.client.head(link)
    opened = world.client.get(link)
    again = [world.client.get(link) for _ in range(3)]

    assert (looked_up.status_code, opened.status_code) == (200, 200)
    assert {(page.status_code, "has been used" in page.text) for page in again} == {(410, True)}
    assert [world.client.get(continue_link(opened)).status_code for _ in range(3)] == [200] * 3
    assert (world.get(f"/vehicles/{vehicle_id}").json or {})["integrated"] == "INACTIVE"


def test_reconnect_flow_is_no_way_to_consent() -> None:
    world = World()
    start = world.client.get(world.reconnect_link(world.vehicle(state="INACTIVE")))
    path = continue_link(start).replace("sign-in", "consent")

    assert "/sign-in?" in location(world.client.post(path, data={"vehicle": "0", "decision": "approve"}))
