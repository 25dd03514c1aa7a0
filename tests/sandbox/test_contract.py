"""The sandbox against ev.energy's own OpenAPI description, whose path CI gives in EV_ENERGY_OPENAPI."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.routes import OPERATIONS, Area
from onboarding_portal.sandbox.server import Running, serve_in_thread
from tests.contract import contract

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(
        not os.environ.get("EV_ENERGY_OPENAPI"),
        reason="EV_ENERGY_OPENAPI does not name ev.energy's OpenAPI description",
    ),
]

EXAMPLES = 15
API_OPERATIONS = [operation.name for operation in OPERATIONS if operation.area is not Area.TOKEN]
CHECKS = [
    checks.not_a_server_error,
    schemathesis.specs.openapi.checks.status_code_conformance,
    schemathesis.specs.openapi.checks.content_type_conformance,
    schemathesis.specs.openapi.checks.response_schema_conformance,
    schemathesis.specs.openapi.checks.response_headers_conformance,
]


@dataclass(frozen=True)
class Scene:
    """A sandbox with something in it, and the ids that lead there."""

    running: Running
    headers: dict[str, str]
    ids: dict[str, str]

    def fill(self, template: str) -> str:
        return template.format(**self.ids)

    def send(self, method: str, path: str, json: Any = None) -> requests.Response:
        return requests.request(
            method,
            self.running.api_url + self.fill(path),
            headers=self.headers,
            json=json,
            timeout=5,
            allow_redirects=False,
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with serve_in_thread(config=Config(behaviour=Behaviour(rate_limit=1_000_000))) as running:
        token = requests.post(
            running.token_url,
            data={"grant_type": "client_credentials"},
            auth=("sandbox-client", "sandbox-secret"),
            timeout=5,
        ).json()["access_token"]
        added = requests.post(
            f"{running.origin}/_sandbox/vehicles",
            json={"email": "owner@example.com", "state": "INACTIVE", "hours": 30, "count": 3},
            timeout=5,
        ).json()
        state = running.app.sandbox.state
        vehicle = state.vehicles.items[added["vehicle_ids"][0]]
        headers = {"Authorization": f"Bearer {token}", "EvEnergy-Version": "2"}
        ids = {
            "user_id": vehicle.user_id,
            "vehicle_id": vehicle.vehicle_id,
            "vehicle_trim_id": vehicle.trim_id,
            "vehicle_model_id": vehicle.model_id,
            "vehicle_make_id": state.catalogue.models[vehicle.model_id].make.make_id,
            "api_url": running.api_url,
        }
        yield Scene(running, headers, ids)


@cache
def description() -> OpenApiSchema:
    return schemathesis.openapi.from_path(os.environ["EV_ENERGY_OPENAPI"])


@pytest.mark.parametrize("operation_id", API_OPERATIONS)
def test_whatever_is_sent_the_answer_is_one_the_contract_knows(operation_id: str, scene: Scene) -> None:
    operation = description().find_operation_by_id(operation_id)
    log_times = known_log_times(scene, operation_id)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans(), place=st.integers(0, 2))
    def check(case: schemathesis.Case, is_known: bool, place: int) -> None:
        if is_known:
            # Ids made up from a pattern name nothing; half of the calls shall reach what is there.
            known = {**scene.ids, **{name: times[place] for name, times in log_times.items()}}
            for name in case.path_parameters:
                case.path_parameters[name] = known[name]
        case.call_and_validate(
            base_url=scene.running.api_url,
            headers={"Authorization": scene.headers["Authorization"]},
            checks=CHECKS,
            allow_redirects=False,
        )

    check()


def known_log_times(scene: Scene, operation_id: str) -> dict[str, list[str]]:
    """Path parameter to time stamps of entries, for operations on a single log entry."""
    if not operation_id.endswith("-timestamp"):
        return {}
    kind = operation_id.removesuffix("-timestamp").rsplit("-", maxsplit=1)[-1]
    field = "sampled_at" if kind == "status_logs" else "logged_at"
    entries = scene.send("GET", f"/vehicles/{{vehicle_id}}/{kind}").json()
    return {field: [entry[field] for entry in entries[:3]]}


HOME = {"address_1": "1 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country_code": "GB"}
ONBOARDING = "/vehicle_onboarding?user_id={user_id}&client_id=sandbox-client&trim_id={vehicle_trim_id}"
SUCCESSES = [
    ("GET", "/users", None, 200),
    ("GET", "/users?email=owner@example.com", None, 200),
    ("POST", "/users", {"email": "new@example.com"}, 201),
    ("GET", "/users/{user_id}", None, 200),
    ("PATCH", "/users/{user_id}", {"email": "moved@example.com"}, 200),
    ("GET", "/vehicle_makes?page_size=100&ordering=name", None, 200),
    ("GET", "/vehicle_makes/{vehicle_make_id}", None, 200),
    ("GET", "/vehicle_models?page_size=100&expand=make", None, 200),
    ("GET", "/vehicle_models/{vehicle_model_id}", None, 200),
    ("GET", "/vehicle_trims?page_size=100&expand=model.make&ordering=-name", None, 200),
    ("GET", "/vehicle_trims/{vehicle_trim_id}", None, 200),
    ("GET", "/vehicle_compatibility/check?vehicle_model_id={vehicle_model_id}&country=GB", None, 200),
    ("POST", "/vehicle_waitlist", {"email": "a@example.com", "vehicle_model_id": "{vehicle_model_id}"}, 201),
    ("GET", "/vehicles?expand=user&expand=trim.model.make&expand=latest_status_log&page_size=100", None, 200),
    ("GET", "/vehicles/{vehicle_id}", None, 200),
    ("GET", "/vehicles/{vehicle_id}?expand=user&expand=trim&expand=latest_status_log", None, 200),
    (
        "POST",
        "/vehicles",
        {"model": "{api_url}/vehicle_models/{vehicle_model_id}", "user": "{api_url}/users/{user_id}"},
        201,
    ),
    ("POST", "/vehicles/{vehicle_id}/reconnect", None, 201),
    ("POST", "/vehicles/{vehicle_id}/disconnect", None, 200),
    ("PATCH", "/vehicles/{vehicle_id}", {"smart_charging_enabled": False}, 200),
    ("PATCH", "/users/{user_id}?expand=default_location.tariff.supplier", {"default_location": HOME}, 200),
    ("GET", "/users/{user_id}?expand=default_location.tariff.supplier", None, 200),
    ("GET", "/suppliers?available_for_user_id={user_id}&page_size=2", None, 200),
    ("GET", "/tariffs?available_for_user_id={user_id}&page=2&page_size=10&expand=supplier", None, 200),
    ("GET", "/charging_sub_sessions?is_finished=true&page_size=100&expand=vehicle.user", None, 200),
    ("GET", "/vehicles/{vehicle_id}/location_logs?page_size=100", None, 200),
    ("GET", "/vehicles/{vehicle_id}/vpp_modes", None, 200),
    ("DELETE", "/vehicles/{vehicle_id}", None, 200),
    *[
        ("GET", f"/vehicles/{{vehicle_id}}/{kind}_logs{query}", None, 200)
        for kind in ("status", "error", "command")
        for query in ("?page_size=100", "?expand=vehicle.trim.model.make&expand=vehicle.user")
    ],
    ("GET", ONBOARDING, None, 302),
    ("GET", f"{ONBOARDING}&response_type=json", None, 200),
]
REFUSALS = [
    ("GET", "/vehicles?page_size=101", None, 400),
    ("PATCH", "/users/{user_id}", {"default_location": {"address_1": "1 Mill Lane"}}, 400),
    ("PATCH", "/vehicles/{vehicle_id}", {"smart_charging_enabled": "perhaps"}, 400),
    ("GET", "/suppliers?page=999", None, 404),
    ("GET", "/vehicles/{user_id}/vpp_modes", None, 404),
    ("GET", "/vehicles?expand=user,trim", None, 400),
    ("GET", "/vehicles/{user_id}", None, 404),
    ("POST", "/users", {"email": "owner@example.com"}, 400),
    ("POST", "/vehicles", {}, 400),
    ("POST", "/vehicle_waitlist", {}, 400),
    ("GET", "/vehicle_onboarding?user_id={user_id}&client_id=nobody", None, 400),
    ("GET", "/vehicle_onboarding?user_id=user01HN2NJ9NMRZBXT1H6FT9N7735&client_id=sandbox-client", None, 404),
]


def filled(scene: Scene, body: dict[str, Any] | None) -> dict[str, Any] | None:
    if body is None:
        return None
    return {name: scene.fill(value) if isinstance(value, str) else value for name, value in body.items()}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    SUCCESSES + REFUSALS,
    ids=lambda part: part if isinstance(part, str) else None,
)
def test_answer_satisfies_the_contract(
    method: str, path: str, body: dict[str, Any] | None, status: int, scene: Scene
) -> None:
    described = contract()
    assert described is not None

    answer = scene.send(method, path, filled(scene, body))

    assert answer.status_code == status, answer.text
    described.check_answer(answer.request, answer, api_url=scene.running.api_url)


def test_every_operation_has_an_answer_of_success_checked(scene: Scene) -> None:
    """The table above is complete: whatever is added to the sandbox is added there."""
    for method, path, body, _ in SUCCESSES:
        scene.send(method, path, filled(scene, body))
    single_entries = {name for name in API_OPERATIONS if name.endswith("-timestamp")}
    asked = set(scene.running.app.sandbox.statistics.as_json()["requests"])

    assert set(API_OPERATIONS) - single_entries <= asked


@pytest.mark.parametrize("kind", ["status", "error", "command"])
def test_single_log_entry_satisfies_the_contract(kind: str, scene: Scene) -> None:
    described = contract()
    assert described is not None
    entry = scene.send("GET", f"/vehicles/{{vehicle_id}}/{kind}_logs?page_size=1").json()[0]
    path = entry["url"].removeprefix(scene.running.api_url).rstrip("/")

    answer = scene.send("GET", f"{path}?expand=vehicle")

    assert answer.status_code == 200
    described.check_answer(answer.request, answer, api_url=scene.running.api_url)
