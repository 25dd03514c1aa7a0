"""`EV_ENERGY_VERIFY_OWNERSHIP=false` runs with ev.energy's sandbox credentials, and with no others."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from requests import ConnectionError as NoConnection

from onboarding_portal.environment import SettingsRefused
from onboarding_portal.ev_energy.client import forget_client
from onboarding_portal.operations.checks.ownership import NOBODYS_ID
from onboarding_portal.operations.checks.start import refuse_unsafe_settings
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.operations.test_checks import on_this_machine, production

PATH = f"/users/{NOBODYS_ID}"
Answer = Callable[[EvEnergyApi], Any]


@pytest.fixture(autouse=True)
def _own_cache() -> Iterator[None]:
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid.uuid4().hex}
    forget_client()
    with override_settings(**production(EV_ENERGY_VERIFY_OWNERSHIP=False, CACHES={"default": memory})):
        yield


def start() -> None:
    with override_settings(SILENCED_SYSTEM_CHECKS=["portal.E030"]):  # the cache in memory, for the test alone
        refuse_unsafe_settings()


def refused_token(api: EvEnergyApi) -> None:
    api.mock.remove(api.token_answer)
    api.mock.add("POST", "https://api.ev.energy/o/token/", json={"error": "invalid_client"}, status=401)


NOT_THE_SANDBOXS: list[tuple[str, Answer]] = [
    ("E026", lambda api: api.add_problem("GET", PATH, 404)),
    ("E026", lambda api: api.add("GET", PATH, json=user_json(id=NOBODYS_ID))),
    ("E029", lambda api: api.add_problem("GET", PATH, 403, breaks_contract=True)),
    ("E029", lambda api: api.add_problem("GET", PATH, 503, breaks_contract=True)),
    ("E029", lambda api: api.add_failure("GET", PATH, NoConnection())),
    ("E029", lambda api: api.add("GET", PATH, body="<html>", breaks_contract=True)),
    ("E029", refused_token),
]


@pytest.mark.parametrize(("number", "answer"), NOT_THE_SANDBOXS)
def test_other_credentials_do_not_start(number: str, answer: Answer, ev_energy_api: EvEnergyApi) -> None:
    answer(ev_energy_api)
    answer(ev_energy_api)  # a reading that failed is repeated

    with pytest.raises(SettingsRefused, match=number) as refusal:
        start()

    (line,) = [line for line in str(refusal.value).splitlines() if number in line]
    assert "EV_ENERGY_VERIFY_OWNERSHIP is off" in line
    assert "Set EV_ENERGY_VERIFY_OWNERSHIP=true" in line


def test_the_sandboxs_start_and_ev_energy_is_not_asked_again(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("GET", PATH, json=user_json(id=an_id("user")))

    start()
    start()

    assert len(ev_energy_api.requests) == 1


def test_nothing_is_asked_while_ownership_is_verified(ev_energy_api: EvEnergyApi) -> None:
    with override_settings(EV_ENERGY_VERIFY_OWNERSHIP=True):
        start()

    assert not ev_energy_api.mock.calls


def test_nothing_is_asked_on_this_machine(ev_energy_api: EvEnergyApi) -> None:
    with override_settings(**on_this_machine(EV_ENERGY_VERIFY_OWNERSHIP=False)):
        start()

    assert not ev_energy_api.mock.calls
