"""The description is true: whatever is sent, answers are as described, and a client made from it works."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from pytest_django.live_server_helper import LiveServer
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from onboarding_portal.api.keys import rate_limit
from onboarding_portal.api.models import HandOver, Scope
from onboarding_portal.api.v1 import api as described
from onboarding_portal.wsgi import application
from tests.api.rows import SITE, make_hand_over, make_key
from tests.ev_energy_api import EvEnergyApi
from tests.reconnects.rows import make_broken_car, make_reconnect

EXAMPLES = {True: 12, False: 3}  # of each operation: with the scope, and without
NEEDS = {
    "make_session": Scope.SESSIONS_WRITE,
    "get_session": Scope.SESSIONS_WRITE,
    "list_vehicles": Scope.VEHICLES_READ,
    "get_vehicle": Scope.VEHICLES_READ,
    "get_owner": Scope.VEHICLES_READ,
    "list_reconnects": Scope.VEHICLES_READ,
    "ask_for_reconnect": Scope.RECONNECTS_WRITE,
}
KEYS = {
    "hands over": (Scope.SESSIONS_WRITE,),
    "reads": (Scope.VEHICLES_READ,),
    "asks": (Scope.RECONNECTS_WRITE, Scope.LINKS_READ),
}
AS_DESCRIBED = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application closes its connections with each request; the test's own has to stay."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def description() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(described.get_openapi_schema(path_prefix="/api/v1/")))
    return told


def test_it_is_openapi_3_1() -> None:
    told = description()

    assert told["openapi"].startswith("3.1")
    validate(told)


def test_every_operation_says_which_scope_it_needs() -> None:
    told = {
        operation["operationId"]: operation["description"]
        for methods in description()["paths"].values()
        for operation in methods.values()
    }

    assert told.keys() == NEEDS.keys()
    for name, scope in NEEDS.items():
        assert f"`{scope.value}`" in told[name]


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("who", KEYS)
@pytest.mark.parametrize("name", NEEDS)
def test_whatever_is_sent_is_answered_as_described_and_within_the_scopes(
    monkeypatch: pytest.MonkeyPatch, ev_energy_api: EvEnergyApi, who: str, name: str
) -> None:
    monkeypatch.setattr(rate_limit, "REQUESTS_A_MINUTE", 100_000)
    cache.clear()
    _key, secret = make_key(*KEYS[who])
    car = make_broken_car()
    make_reconnect(vehicle=make_broken_car())
    ids = {"vehicle_id": car.pk, "owner_id": str(car.owner_id), "session_id": str(make_hand_over()[0].pk)}
    may = NEEDS[name] in KEYS[who]
    seen: set[int] = set()
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application).find_operation_by_id(name)

    @settings(
        max_examples=EXAMPLES[may],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def check(case: schemathesis.Case, is_known: bool) -> None:
        if is_known and case.path_parameters:
            case.path_parameters = {each: ids[each] for each in case.path_parameters}
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        case.validate_response(response, checks=AS_DESCRIBED)
        seen.add(response.status_code)

    check()

    assert may or seen == {403}


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_session_as_the_description_has_it_is_made(ev_energy_api: EvEnergyApi) -> None:
    """What is made up at random is seldom on a site the key allows: the way that works, once more."""
    _key, secret = make_key()
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application).find_operation_by_id(
        "make_session"
    )
    body = {"email": "ann@example.com", "journey": "connect", "return_url": SITE, "reference": "4711"}
    case = operation.Case(body=body, media_type="application/json")

    response = case.call(headers={"Authorization": f"Bearer {secret}"})

    case.validate_response(response, checks=AS_DESCRIBED)
    assert response.status_code == 201


# A client nobody wrote


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Made by openapi-python-client from the description, and imported."""
    folder: Path = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(description()))
    (folder / "config.yml").write_text("post_hooks: []\npackage_name_override: company_client\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", "openapi.json", "--config", "config.yml", "--output-path", "company_client"),
            "--fail-on-warning",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("company_client")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("company_client")]:
        del sys.modules[name]


@pytest.mark.django_db(transaction=True)
def test_client_made_from_the_description_hands_an_owner_over(
    client_package: Any, live_server: LiveServer
) -> None:
    _key, secret = make_key()
    car = make_broken_car()
    make = importlib.import_module("company_client.api.handing_owners_over.make_session")
    read = importlib.import_module("company_client.api.handing_owners_over.get_session")
    cars = importlib.import_module("company_client.api.cars.list_vehicles")
    models = importlib.import_module("company_client.models")
    with client_package.AuthenticatedClient(base_url=live_server.url, token=secret) as client:
        asked = models.NewSession(
            email=car.owner.email,
            journey=models.Journey.RECONNECT,
            vehicle_id=car.pk,
            return_url=f"{SITE}/cars",
        )
        made = make.sync(client=client, body=asked)
        told = read.sync(client=client, session_id=str(made.id))
        stale = cars.sync(client=client, stale=True)
        wrong = make.sync(client=client, body=models.NewSession(journey=asked.journey, return_url="x" * 9))

    assert HandOver.objects.get().pk == made.id
    assert told.outcome == models.Outcome.PENDING
    assert [each.stale.signing_in_helps for each in stale.data] == ["yes"]
    assert (type(wrong).__name__, wrong.status) == ("ProblemDetails", 422)
