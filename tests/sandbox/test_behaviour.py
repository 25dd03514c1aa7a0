import pytest
from werkzeug.test import Client

from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.rate_limit import RollingWindow
from tests.sandbox.world import World, location


def limited(limit: int, window: float = 100.0) -> World:
    behaviour = Behaviour(rate_limit=limit, rate_window_seconds=window)
    return World(config=Config(behaviour=behaviour))


def test_every_answer_tells_what_is_left() -> None:
    world = limited(10)

    answers = [world.get("/users"), world.get("/users/x"), world.get("/users?page_size=0")]

    assert [answer.status_code for answer in answers] == [200, 404, 400]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["9", "8", "7"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"10"}
    assert {answer.headers["EvEnergy-Version"] for answer in answers} == {"2"}


def test_window_rolls_instead_of_starting_anew() -> None:
    world = limited(2)
    world.get("/users")
    world.clock.pass_seconds(60)
    world.get("/users")

    refused = world.get("/users")
    world.clock.pass_seconds(40)
    statuses = [world.get("/users").status_code for _ in range(2)]

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "40"
    assert statuses == [200, 429], "only the first request has left the window"


def test_waiting_as_long_as_told_is_enough() -> None:
    world = limited(3, window=7.5)
    for _ in range(3):
        world.get("/users")
        world.clock.pass_seconds(0.3)

    refused = world.get("/users")
    world.clock.pass_seconds(int(refused.headers["Retry-After"]))

    assert world.get("/users").status_code == 200


def test_refused_requests_cost_nothing() -> None:
    world = limited(1)
    statuses = [world.get("/users").status_code for _ in range(5)]
    world.clock.pass_seconds(100)

    assert statuses == [200, 429, 429, 429, 429]
    assert world.get("/users").status_code == 200


def test_limit_is_shared_by_all_tokens_of_the_application() -> None:
    world = limited(1)
    world.get("/users")
    world.token = world.new_token()

    assert world.get("/users").status_code == 429


def test_anonymous_calls_have_fifty_an_hour_for_each_address() -> None:
    client = World().client
    statuses = [client.get("/v2/vehicle_makes?page_size=1").status_code for _ in range(51)]
    elsewhere = client.get("/v2/vehicle_makes", environ_overrides={"REMOTE_ADDR": "127.0.0.2"})

    assert statuses == [200] * 50 + [429]
    assert elsewhere.status_code == 200


def test_limit_can_be_lowered_while_running() -> None:
    window = RollingWindow()
    for second in range(5):
        window.spend(who="a", limit=5, window_seconds=100, now=float(second))

    refused = window.spend(who="a", limit=2, window_seconds=100, now=10.0)

    assert not refused.is_allowed
    assert refused.retry_after_seconds == 93, "the fourth of five must have left before two are one too few"


def test_other_spelling_of_retry_after_can_be_had() -> None:
    world = World()
    world.behave(rate_limit=0, retry_after_header="RetryAfter")

    answer = world.get("/users")

    assert answer.status_code == 429
    assert "RetryAfter" in answer.headers
    assert "Retry-After" not in answer.headers


def test_behaviour_is_shown_replaced_and_reset() -> None:
    world = World()
    world.behave(latency_ms=250, rate_limit=7)
    world.behave(latency_ms=100)

    replaced = world.control("GET", "/behaviour")
    reset = world.control("DELETE", "/behaviour")

    assert (replaced["latency_ms"], replaced["rate_limit"]) == (100, 1000)
    assert reset["latency_ms"] == 0


@pytest.mark.parametrize(
    "behaviour",
    [
        {"latency": 5},
        {"latency_ms": "5"},
        {"latency_ms": -1},
        {"error_rate": 1.5},
        {"scopes": "user:read"},
        {"scopes": [1]},
        {"status": {"get-users": 200}},
        {"status": []},
        {"reconnect_expiry_field": 7},
        [],
        "x",
    ],
)
def test_behaviour_that_does_not_exist_is_refused_and_nothing_changes(behaviour: object) -> None:
    world = World()
    before = world.control("GET", "/behaviour")

    answer = world.client.put("/_sandbox/behaviour", json=behaviour)

    assert answer.status_code == 400
    assert world.control("GET", "/behaviour") == before


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "", "nonsense"])
def test_other_machines_control_nothing(address: str) -> None:
    world = World()

    for path in ("/behaviour", "/statistics"):
        answer = world.client.get(f"/_sandbox{path}", environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == 403


def test_browsers_form_cannot_control_the_sandbox() -> None:
    client: Client = World().client

    answer = client.post("/_sandbox/vehicles", data='{"email": "a@example.com"}', content_type="text/plain")

    assert answer.status_code == 400


def test_latency_is_spent_before_the_answer() -> None:
    world = World()
    world.behave(latency_ms=250, operations=["get-users"])

    world.get("/users")
    world.get("/vehicles")

    assert world.clock.slept == [0.25]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504])
def test_status_can_be_forced_for_an_operation(status: int) -> None:
    world = World()
    world.behave(status={"get-users": status})

    forced = world.get("/users")

    assert (forced.status_code, forced.mimetype) == (status, "application/problem+json")
    assert ("Retry-After" in forced.headers) == (status == 429)
    assert world.get("/vehicles").status_code == 200


def test_status_for_all_leaves_the_token_and_the_owners_browser_alone() -> None:
    world = World()
    query = {"user_id": world.user(), "client_id": "sandbox-client", "make_id": world.make("Tesla")}
    world.behave(status={"*": 503})

    assert world.get("/vehicles").status_code == 503
    assert world.new_token()
    assert location(world.client.get("/v2/vehicle_onboarding", query_string=query))
    world.behave(status={"token": 503})
    assert world.client.post("/o/token/").status_code == 503


def test_faults_stop_after_as_many_as_told() -> None:
    world = World()
    world.behave(status={"get-users": 503}, faults_left=2)

    assert [world.get("/users").status_code for _ in range(4)] == [503, 503, 200, 200]


def test_lost_answer_took_effect() -> None:
    world = World()
    world.behave(lost_answer_rate=1, operations=["post-users"], faults_left=1)

    answer = world.post("/users", json={"email": "ann@example.com"})
    again = world.post("/users", json={"email": "ann@example.com"})

    assert (answer.status_code, again.status_code) == (503, 400)
    assert len(world.get("/users?email=ann@example.com").json or []) == 1


def test_share_of_errors_is_kept_and_some_took_effect() -> None:
    world = World()
    world.behave(error_rate=0.3, operations=["post-users"])

    answers = [world.post("/users", json={"email": f"u{turn}@example.com"}) for turn in range(300)]
    users = world.control("GET", "/statistics")["requests"]["post-users"]

    failed = [answer for answer in answers if answer.status_code in {500, 503}]
    stored = len(world.app.sandbox.state.users.order)
    assert 60 < len(failed) < 120
    assert users["201"] == 300 - len(failed)
    assert 300 - len(failed) < stored < 300


def test_broken_json_is_half_an_answer_with_status_200() -> None:
    world = World()
    world.behave(broken_json=1)

    answer = world.get("/vehicle_makes")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.get_json()


def test_statistics_count_by_operation_and_status() -> None:
    world = limited(3)
    for path in ("/users", "/users", "/users/x", "/users"):
        world.get(path)

    statistics = world.control("GET", "/statistics")

    assert statistics["requests"]["get-users"] == {"200": 2, "429": 1}
    assert statistics["requests"]["get-users-user_id"] == {"404": 1}
    assert statistics["rate_limited"] == 1
    assert world.control("DELETE", "/statistics")["total"] == 0


def test_vehicles_are_put_into_any_state_and_taken_away() -> None:
    world = World()
    vehicle_id = world.vehicle()
    path = f"/vehicles/{vehicle_id}"

    states = []
    for state in ("INACTIVE", "SILENT", "DISABLED", "ACTIVE"):
        world.control("PATCH", path, json={"state": state, "hours": 1})
        vehicle = world.get(path).json or {}
        states.append((vehicle["integrated"], vehicle["disabled"]))
    world.control("DELETE", path)

    assert states == [("INACTIVE", False), ("ACTIVE", False), ("ACTIVE", True), ("ACTIVE", False)]
    assert world.get(path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x"},
        {"email": "a@example.com", "count": 0},
        {"email": "a@example.com", "count": True},
        {"email": "a@example.com", "state": "BROKEN"},
        {"email": "a@example.com", "cause": "MOON"},
        {"email": "a@example.com", "hours": "x"},
        {"email": "a@example.com", "trim_id": "trim01"},
    ],
)
def test_vehicles_that_make_no_sense_are_not_added(body: dict[str, object]) -> None:
    world = World()

    assert world.client.post("/_sandbox/vehicles", json=body).status_code == 400
    assert world.get("/vehicles").json == []


def test_log_entries_can_be_put_in() -> None:
    world = World()
    vehicle_id = world.vehicle(state="SILENT", hours=48)
    world.control(
        "POST",
        f"/vehicles/{vehicle_id}/logs",
        json={"kind": "error", "status_code": 418, "logged_at": "2026-03-10T11:59:00Z"},
    )
    world.control(
        "POST", f"/vehicles/{vehicle_id}/logs", json={"kind": "status", "state_of_charge_percentage": 55}
    )

    errors = world.get(f"/vehicles/{vehicle_id}/error_logs").json or []
    vehicle = world.get(f"/vehicles/{vehicle_id}?expand=latest_status_log").json or {}

    assert errors[0]["status_code"] == 418
    assert world.get(errors[0]["url"]).json == errors[0]
    assert vehicle["latest_status_log"]["state_of_charge_percentage"] == 55
