"""`check_ev_energy`: each line is right or says what to do, and nothing is changed at ev.energy."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command
from django.test import override_settings

from onboarding_portal.operations.ev_energy_check.finding import Verdict
from onboarding_portal.operations.ev_energy_check.findings import check_ev_energy
from tests.ev_energy_answers import an_id, url, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner

pytestmark = pytest.mark.django_db
SCOPES = "user:read user:write vehicle:read debug:read vehicle:write tariff:read charging_session:read"
VEHICLE_ID = an_id("vhcl")
COMMAND_LOGS = f"/vehicles/{VEHICLE_ID}/command_logs"
TOKEN_URL = "https://api.ev.energy/o/token/"
NOT_REGISTERED = {"redirect_uri": ["Not registered."]}
NO_CAR = {"make_id": ["Give a make, a model or a trim."]}


class World:
    """ev.energy as a sound deployment finds it, until a test changes a part of it."""

    def __init__(self, api: EvEnergyApi) -> None:
        self.api = api
        self.date = datetime.now(tz=UTC)
        self.token: dict[str, Any] = {
            "json": {"access_token": "a-token", "expires_in": 36000, "token_type": "Bearer", "scope": SCOPES}
        }
        self.good_secrets: list[str] | None = None  # all are, unless some are named
        self.registered = ["http://testserver"]
        self.statuses = {"/users": 200, "/vehicles": 200, COMMAND_LOGS: 200}
        self.vehicles = [vehicle_json()]
        self.headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "990"}

    def findings(self) -> dict[str, tuple[Verdict, str]]:
        self._answer()
        return {each.subject: (each.verdict, each.text) for each in check_ev_energy()}

    def _answer(self) -> None:
        self.api.mock.remove(self.api.token_answer)
        headers = {"Date": format_datetime(self.date)} if self.date else {}
        if self.good_secrets is None:
            self.api.mock.add("POST", TOKEN_URL, headers=headers, **self.token)
        else:
            self.api.mock.add_callback("POST", TOKEN_URL, lambda request: self._give_token(request, headers))
        bodies: dict[str, Any] = {"/users": [], "/vehicles": self.vehicles, COMMAND_LOGS: []}
        for path, status in self.statuses.items():
            if status == 200:
                self.api.add("GET", path, json=bodies[path], headers=self.headers)
            else:
                self.api.add_problem("GET", path, status, headers=self.headers, breaks_contract=True)
        for origin in ("http://testserver", "https://not-registered.example.com"):
            errors = NO_CAR if origin in self.registered else NOT_REGISTERED
            self.api.add(
                "GET",
                "/vehicle_onboarding",
                json={"status": 400, "title": "Request failed validation.", "field_errors": errors},
                status=400,
                query={"redirect_uri": f"{origin}/"},
                content_type="application/problem+json",
                breaks_contract=True,
            )

    def _give_token(self, request: Any, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        secret = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")[2]
        if secret not in (self.good_secrets or []):
            return 401, headers, json.dumps({"error": "invalid_client"})
        return 200, headers, json.dumps(self.token["json"])


@pytest.fixture
def world(ev_energy_api: EvEnergyApi) -> World:
    make_owner()
    return World(ev_energy_api)


def test_everything_is_right(world: World) -> None:
    findings = world.findings()

    assert {verdict for verdict, _text in findings.values()} == {Verdict.RIGHT}
    assert list(findings) == [
        "credentials",
        "clock",
        "scope user:read",
        "scope user:write",
        "scope vehicle:write",
        "scope tariff:read",
        "scope charging_session:read",
        "scope vehicle:read",
        "scope debug:read",
        "redirect origin",
        "budget",
    ]


def test_nothing_is_written_at_ev_energy_and_nothing_is_begun(world: World) -> None:
    world.findings()

    assert {request.method for request in world.api.requests} == {"GET"}
    onboarding = [request for request in world.api.requests if "/vehicle_onboarding" in str(request.url)]
    assert len(onboarding) == 2
    for request in onboarding:
        assert "response_type=json" in str(request.url)
        assert "make_id" not in str(request.url)


@pytest.mark.parametrize("scope", ["vehicle:write", "tariff:read", "charging_session:read"])
def test_a_missing_scope_of_a_part_is_told_with_what_it_is_for(world: World, scope: str) -> None:
    world.token["json"]["scope"] = SCOPES.replace(f"{scope}", "").strip()

    verdict, text = world.findings()[f"scope {scope}"]

    assert verdict == Verdict.OPEN
    assert "works without; with it owners" in text


def test_each_reading_scope_costs_one_call(world: World) -> None:
    world.findings()

    paths = [str(request.url).partition("?")[0] for request in world.api.requests]
    assert paths[:3] == [url("/users"), url("/vehicles"), url(COMMAND_LOGS)]
    assert len(paths) == 5


@pytest.mark.parametrize("status", [400, 401])
def test_refused_credentials_have_to_be_fixed_and_nothing_else_is_asked(world: World, status: int) -> None:
    world.token = {"json": {"error": "invalid_client"}, "status": status}

    findings = world.findings()

    assert findings["credentials"][0] == Verdict.WRONG
    assert "EV_ENERGY_CLIENT_SECRET" in findings["credentials"][1]
    assert findings["everything else"][0] == Verdict.OPEN
    assert world.api.requests == []


@pytest.mark.parametrize(
    "answer",
    [{"body": requests.ConnectionError()}, {"body": "<html>"}, {"json": []}, {"json": {}, "status": 503}],
)
def test_no_token_has_to_be_fixed(world: World, answer: dict[str, Any]) -> None:
    world.token = answer

    findings = world.findings()

    assert findings["credentials"][0] == Verdict.WRONG
    assert "EV_ENERGY_TOKEN_URL" in findings["credentials"][1]


@pytest.mark.parametrize("error", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_wrong_clock_has_to_be_fixed(world: World, error: timedelta) -> None:
    world.date += error

    verdict, text = world.findings()["clock"]

    assert verdict == Verdict.WRONG
    assert ("behind" if error > timedelta() else "ahead of") in text
    assert "NTP" in text


def test_an_answer_without_a_date_leaves_the_clock_open(world: World) -> None:
    world.date = None

    assert world.findings()["clock"][0] == Verdict.OPEN


@pytest.mark.parametrize(("path", "scope"), [("/users", "user:read"), ("/vehicles", "vehicle:read")])
def test_a_missing_reading_scope_has_to_be_fixed(world: World, path: str, scope: str) -> None:
    world.statuses[path] = 403

    verdict, text = world.findings()[f"scope {scope}"]

    assert verdict == Verdict.WRONG
    assert f"grant {scope}" in text


def test_the_portal_works_without_debug_read_so_it_need_not_be_fixed(world: World) -> None:
    world.statuses[COMMAND_LOGS] = 403

    verdict, text = world.findings()["scope debug:read"]

    assert verdict == Verdict.OPEN
    assert "command logs" in text


def test_without_a_car_command_logs_cannot_be_tried(world: World) -> None:
    world.vehicles = []
    world.token["json"]["scope"] = ""

    findings = world.findings()

    assert findings["scope debug:read"][0] == Verdict.OPEN
    assert findings["scope user:write"][0] == Verdict.OPEN


def test_a_token_without_user_write_has_to_be_fixed(world: World) -> None:
    world.token["json"]["scope"] = "user:read vehicle:read"

    assert world.findings()["scope user:write"][0] == Verdict.WRONG


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(401, Verdict.WRONG), (404, Verdict.WRONG), (429, Verdict.OPEN), (503, Verdict.OPEN)],
)
def test_other_answers_say_what_to_do(world: World, status: int, verdict: Verdict) -> None:
    world.statuses["/users"] = status

    found, text = world.findings()["scope user:read"]

    assert found == verdict
    assert text


def test_an_unregistered_origin_has_to_be_fixed(world: World) -> None:
    world.registered = []

    verdict, text = world.findings()["redirect origin"]

    assert verdict == Verdict.WRONG
    assert "Register http://testserver" in text


def test_an_ev_energy_that_refuses_no_origin_leaves_it_open(world: World) -> None:
    world.registered = ["http://testserver", "https://not-registered.example.com"]

    verdict, text = world.findings()["redirect origin"]

    assert verdict == Verdict.OPEN
    assert "Register http://testserver" in text


def test_a_reserve_as_large_as_the_limit_has_to_be_fixed(world: World) -> None:
    world.headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "190"}

    verdict, text = world.findings()["budget"]

    assert verdict == Verdict.WRONG
    assert "EV_ENERGY_RESERVED_REQUESTS" in text


def test_a_budget_down_to_the_reserve_is_told(world: World) -> None:
    world.headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "150"}

    verdict, text = world.findings()["budget"]

    assert verdict == Verdict.OPEN
    assert "150 of 1000" in text


def test_owners_requests_are_not_touched(world: World) -> None:
    with override_settings(EV_ENERGY_RESERVED_REQUESTS=1000):
        findings = world.findings()

    assert findings["scope user:read"][0] == Verdict.OPEN
    assert "Not asked" in findings["scope user:read"][1]
    assert world.api.requests == []


def test_the_command_ends_with_1_if_something_must_be_fixed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.statuses["/users"] = 403
    world._answer()

    with pytest.raises(CommandError, match="1 to fix"):
        call_command("check_ev_energy")

    assert "FIX  scope user:read: Not granted." in capsys.readouterr().out


def test_the_command_ends_with_0_if_nothing_must_be_fixed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world._answer()

    call_command("check_ev_energy")

    assert "ok   credentials: A token was given, and ev.energy takes it." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("good", "verdict", "said"),
    [
        (
            ["portal-secret", "next-secret"],
            Verdict.RIGHT,
            "takes EV_ENERGY_CLIENT_SECRET and EV_ENERGY_NEXT_CLIENT_SECRET",
        ),
        (["portal-secret"], Verdict.OPEN, "EV_ENERGY_NEXT_CLIENT_SECRET is refused with 401"),
        (["next-secret"], Verdict.WRONG, "EV_ENERGY_CLIENT_SECRET is refused with 401"),
    ],
)
def test_of_two_client_secrets_the_refused_one_is_named(
    world: World, good: list[str], verdict: Verdict, said: str
) -> None:
    world.good_secrets = good

    with override_settings(EV_ENERGY_NEXT_CLIENT_SECRET="next-secret"):
        findings = world.findings()

    assert findings["client secrets"][0] == verdict
    assert said in findings["client secrets"][1]
    assert findings["credentials"][0] == Verdict.RIGHT
    assert not any("next-secret" in text for _verdict, text in findings.values())


def test_two_refused_client_secrets_are_both_named(world: World) -> None:
    world.token = {"json": {"error": "invalid_client"}, "status": 401}

    with override_settings(EV_ENERGY_NEXT_CLIENT_SECRET="next-secret"):
        findings = world.findings()

    assert findings["credentials"][0] == Verdict.WRONG
    assert "EV_ENERGY_CLIENT_SECRET and EV_ENERGY_NEXT_CLIENT_SECRET" in findings["credentials"][1]
