import json

import pytest
import requests
from django.test import Client

from tests.ev_energy_answers import an_id
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner

pytestmark = pytest.mark.django_db

WAITLIST = "/connect/waitlist/"


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_owner(email="anna@example.com"))
    return client


def sent(api: EvEnergyApi) -> dict[str, str]:
    (request,) = api.requests
    return json.loads(request.body or b"{}")


def test_owner_joins_for_a_model_of_the_catalogue(owner_client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_waitlist()

    response = owner_client.post(WAITLIST, {"model_id": an_id("vmod")})

    assert "You are on the list" in response.content.decode()
    assert sent(ev_energy_api) == {"email": "anna@example.com", "vehicle_model_id": an_id("vmod")}


def test_owner_joins_for_a_car_in_words(owner_client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_waitlist()

    owner_client.post(WAITLIST, {"make_name": "Aptera", "model_name": "Luna"})

    assert sent(ev_energy_api) == {
        "email": "anna@example.com",
        "vehicle_make_name": "Aptera",
        "vehicle_model_name": "Luna",
    }


def test_the_browsers_language_tells_ev_energy_the_country(
    owner_client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_waitlist()

    owner_client.post(WAITLIST, {"model_id": an_id("vmod")}, headers={"accept-language": "en-GB,en;q=0.8"})

    assert ev_energy_api.requests[0].headers["Accept-Language"] == "en-GB,en;q=0.8"


@pytest.mark.parametrize("typed", [{}, {"make_name": "Aptera"}, {"model_name": "Luna"}, {"make_name": " "}])
def test_half_a_car_is_refused_with_a_message(
    owner_client: Client, ev_energy_api: EvEnergyApi, typed: dict[str, str]
) -> None:
    response = owner_client.post(WAITLIST, typed)

    assert response.status_code == 400
    assert "for example" in response.content.decode()
    assert ev_energy_api.requests == []


def test_when_ev_energy_is_down_the_owner_is_told_to_try_again(
    owner_client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_failure("POST", "/vehicle_waitlist", requests.ConnectionError())

    response = owner_client.post(WAITLIST, {"make_name": "Aptera", "model_name": "Luna"})

    assert response.status_code == 503
    assert "not on the list yet" in response.content.decode()
    assert 'value="Aptera"' in response.content.decode()


def test_a_car_ev_energy_refuses_is_told_so(owner_client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("POST", "/vehicle_waitlist", 400)

    response = owner_client.post(WAITLIST, {"model_id": an_id("vmod")})

    assert response.status_code == 400
    assert "did not accept this car" in response.content.decode()


def test_visitors_sign_in_first(client: Client) -> None:
    assert client.post(WAITLIST, {}).status_code == 302
