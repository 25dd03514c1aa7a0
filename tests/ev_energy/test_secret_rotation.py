"""ev.energy changes the application's secret at a moment of its own: no call fails, before, at, or after it."""

import base64
import json
import logging
from collections.abc import Callable

import pytest
from pytest_django import Settings
from requests import PreparedRequest

from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.ev_energy.errors import Unauthorized
from tests.ev_energy_answers import problem_json
from tests.ev_energy_api import EvEnergyApi

FIRST, SECOND = "portal-secret", "the-next-secret"
TOKEN_URL = "https://api.ev.energy/o/token/"


class Authorization:
    """ev.energy's token endpoint and API: one secret is good, and tokens die with the secret they were given for."""

    def __init__(self, api: EvEnergyApi) -> None:
        self.good = [FIRST]
        self.refusal = 401
        self.asked: list[str] = []
        api.mock.remove(api.token_answer)
        api.mock.add_callback("POST", TOKEN_URL, self._give_token, content_type="application/json")
        api.mock.add_callback("GET", "https://api.ev.energy/v2/vehicle_makes", self._makes)

    def _give_token(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        basic = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        secret = basic.partition(":")[2]
        self.asked.append(secret)
        if secret not in self.good:
            return self.refusal, {}, '{"error": "invalid_client"}'
        return 200, {}, f'{{"access_token": "for-{secret}", "expires_in": 36000}}'

    def _makes(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        secret = request.headers["Authorization"].removeprefix("Bearer for-")
        if secret in self.good:
            return 200, {"Content-Type": "application/json", "EvEnergy-Version": "2"}, "[]"
        headers = {"Content-Type": "application/problem+json", "EvEnergy-Version": "2"}
        return 401, headers, json.dumps(problem_json(401))


@pytest.fixture
def authorization(ev_energy_api: EvEnergyApi) -> Authorization:
    forget_client()
    return Authorization(ev_energy_api)


@pytest.fixture
def process(settings: Settings) -> Callable[[str, str], None]:
    """A call made by a process with these secrets; it shares nothing but the cache with others."""

    def call(first: str, second: str = "") -> None:
        forget_client()
        settings.EV_ENERGY_CLIENT_SECRET, settings.EV_ENERGY_NEXT_CLIENT_SECRET = first, second
        get_client().makes()

    return call


@pytest.mark.parametrize("refusal", [400, 401])
def test_no_call_fails_while_the_secret_is_changed(
    authorization: Authorization, process: Callable[..., None], refusal: int
) -> None:
    authorization.refusal = refusal
    process(FIRST)
    process(FIRST, SECOND)  # the first new process of a deployment that takes a while
    process(FIRST)
    process(FIRST, SECOND)

    authorization.good = [SECOND]  # ev.energy changes it; tokens given for the first end
    process(FIRST, SECOND)
    process(FIRST, SECOND)

    process(SECOND)  # the next deployment
    process(FIRST, SECOND)
    process(SECOND)


def test_a_running_process_goes_on_with_the_secret_that_is_good(
    authorization: Authorization, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EV_ENERGY_NEXT_CLIENT_SECRET = SECOND
    client = get_client()
    client.makes()
    authorization.good = [SECOND]

    with caplog.at_level(logging.WARNING):
        client.makes()
    client.makes()

    assert authorization.asked == [FIRST, FIRST, SECOND]
    assert len([line for line in caplog.messages if "client secret" in line]) == 1


def test_with_both_secrets_refused_the_credentials_are_refused(
    authorization: Authorization, settings: Settings
) -> None:
    settings.EV_ENERGY_NEXT_CLIENT_SECRET = SECOND
    authorization.good = []

    with pytest.raises(Unauthorized):
        get_client().makes()


@pytest.mark.parametrize(
    "name", ["EV_ENERGY_CLIENT_ID", "EV_ENERGY_CLIENT_SECRET", "EV_ENERGY_NEXT_CLIENT_SECRET"]
)
def test_what_was_spent_of_the_budget_outlives_other_credentials(settings: Settings, name: str) -> None:
    get_budget().reserve()

    setattr(settings, name, "another")

    assert get_budget().snapshot().used == 1
