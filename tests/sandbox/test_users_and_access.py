import pytest

from tests.sandbox.world import World, links


def test_token_needs_the_right_secret() -> None:
    response = World().client.post(
        "/o/token/", data={"grant_type": "client_credentials"}, auth=("sandbox-client", "guess")
    )

    assert (response.status_code, response.json) == (401, {"error": "invalid_client"})


def test_token_may_be_asked_for_with_credentials_in_the_body() -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    response = World().client.post("/o/token/", data=form)

    assert response.json is not None
    assert response.json["token_type"] == "Bearer"
    assert response.json["expires_in"] == 36_000


def test_other_grants_are_refused() -> None:
    response = World().client.post(
        "/o/token/", data={"grant_type": "password"}, auth=("sandbox-client", "sandbox-secret")
    )

    assert (response.status_code, response.json) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer \xe9"])
def test_call_without_a_known_token_is_401(authorization: str) -> None:
    world = World()

    response = world.client.get(
        "/v2/vehicles", headers={"Authorization": authorization} if authorization else {}
    )

    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_token_ends_after_ten_hours() -> None:
    world = World()
    world.clock.pass_seconds(36_000)

    assert world.get("/users").status_code == 401


def test_forgotten_tokens_are_401_until_a_new_one_is_fetched() -> None:
    world = World()
    world.control("DELETE", "/tokens")
    first = world.get("/users").status_code
    world.token = world.new_token()

    assert (first, world.get("/users").status_code) == (401, 200)


def test_missing_scope_is_403_and_can_be_rehearsed_at_run_time() -> None:
    world = World()
    vehicle_id = world.vehicle()
    before = world.get(f"/vehicles/{vehicle_id}/command_logs").status_code
    world.behave(scopes=["user:read", "vehicle:read"])

    response = world.get(f"/vehicles/{vehicle_id}/command_logs")

    assert (before, response.status_code) == (200, 403)
    assert world.get(f"/vehicles/{vehicle_id}/status_logs").status_code == 200


def test_token_can_be_narrower_than_the_application() -> None:
    world = World()
    world.token = world.new_token(scope="user:read")

    assert world.get("/users").status_code == 200
    assert world.post("/users", json={"email": "a@example.com"}).status_code == 403


@pytest.mark.parametrize(
    ("version", "status"), [("2", 200), ("2.0", 200), ("1", 406), ("3", 406), ("two", 406)]
)
def test_only_version_2_is_spoken(version: str, status: int) -> None:
    assert World().get("/vehicle_makes", headers={"EvEnergy-Version": version}).status_code == status


def test_unknown_addresses_and_methods_are_problems() -> None:
    world = World()

    unknown, wrong_method = world.get("/no_such_things"), world.call("DELETE", "/users")

    assert (unknown.status_code, unknown.mimetype) == (404, "application/problem+json")
    assert (wrong_method.status_code, wrong_method.mimetype) == (405, "application/problem+json")
    assert "POST" in wrong_method.headers["Allow"]


def test_user_is_created_found_by_email_and_read() -> None:
    world = World()

    created = world.post("/users", json={"email": "Ann@Example.com"}).json
    found = world.get("/users", query_string={"email": "ann@example.COM"}).json

    assert created is not None
    assert found == [created]
    assert world.get(f"/users/{created['id']}").json == created
    assert created["url"] == f"http://127.0.0.1:9000/v2/users/{created['id']}"


def test_second_user_with_one_email_is_refused_with_field_errors() -> None:
    world = World()
    world.user("ann@example.com")

    response = world.post("/users", json={"email": "ANN@example.com"})

    assert response.status_code == 400
    assert response.json is not None
    assert list(response.json["field_errors"]) == ["email"]
    assert len(world.get("/users").json or []) == 1


def test_user_may_come_as_a_form_or_without_email() -> None:
    world = World()

    assert world.post("/users", data={"email": "form@example.com"}).status_code == 201
    nameless = world.post("/users", json={})
    assert nameless.status_code == 201
    assert "email" not in (nameless.json or {})


@pytest.mark.parametrize("body", ['{"email": "no address"}', '{"email": 7}', "[]", "{", '"x"', "\xff"])
def test_nonsense_instead_of_a_user_is_400(body: str) -> None:
    world = World()

    response = world.post("/users", data=body.encode("latin-1"), content_type="application/json")

    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"


def test_body_past_a_megabyte_is_refused() -> None:
    response = World().post("/users", data=b" " * 1_000_001, content_type="application/json")

    assert response.status_code == 413


def test_users_page_forth_and_back() -> None:
    world = World()
    ids = [world.user(f"owner{number}@example.com") for number in range(7)]

    first = world.get("/users?page_size=3")
    second = world.get(links(first)["next"])
    third = world.get(links(second)["next"])
    back = world.get(links(third)["previous"])

    assert [[user["id"] for user in page.json or []] for page in (first, second, third)] == [
        ids[:3],
        ids[3:6],
        ids[6:],
    ]
    assert "next" not in links(third)
    assert back.json == second.json
    assert "previous" not in links(first)
    assert "previous" in links(back)


def test_unknown_user_to_act_for_is_403() -> None:
    response = World().get("/vehicles", headers={"EvEnergy-User": "user01HN2NJ9NMRZBXT1H6FT9N7735"})

    assert response.status_code == 403
