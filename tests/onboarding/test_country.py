"""Which car works where: ev.energy is asked when the owner wants to know, and a car that does not work says why."""

import pytest
from django.test import Client

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Model
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_make, make_model, make_owner, make_trim

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_owner()


@pytest.fixture
def owner_client(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def model() -> Model:
    return make_model("Leaf", make=make_make("Nissan"))


def page_of(model: Model) -> str:
    return f"/connect/{model.make_id}/{model.pk}/country/"


def test_the_country_is_guessed_and_ev_energy_is_not_asked_yet(
    owner_client: Client, model: Model, ev_energy_api: EvEnergyApi
) -> None:
    html = owner_client.get(page_of(model), headers={"accept-language": "en,de-AT;q=0.8"}).content.decode()

    assert '<option value="AT" selected>Austria</option>' in html
    assert ev_energy_api.requests == []


def test_it_is_asked_once(
    owner_client: Client, owner: User, model: Model, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_compatibility(compatible=True)

    html = owner_client.post(page_of(model), {"country": "FR"}).content.decode()

    owner.refresh_from_db()
    assert owner.country == "FR"
    assert "can be connected in this country: France" in html
    again = owner_client.get(page_of(model), headers={"accept-language": "en,de-AT"}).content.decode()
    assert '<option value="FR" selected>France</option>' in again


def test_a_car_that_does_not_work_there_says_why_and_what_else_there_is(
    owner_client: Client, model: Model, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_compatibility(compatible=False)
    make_model("Ariya", make=model.make, onboardable=True)
    make_model("Sakura", make=model.make)

    html = owner_client.post(page_of(model), {"country": "NO"}).content.decode()

    assert "can’t be connected in this country yet: Norway" in html
    assert "up to the manufacturer" in html
    assert f'name="model_id" value="{model.pk}"' in html
    assert "Ariya" in html
    assert "Sakura" not in html


def test_ev_energy_out_of_reach_is_said(
    owner_client: Client, model: Model, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_problem("GET", "/vehicle_compatibility/check", 503, breaks_contract=True)

    answer = owner_client.post(page_of(model), {"country": "NO"})

    assert answer.status_code == 503
    assert "could not reach ev.energy" in answer.content.decode()


@pytest.mark.parametrize("country", ["", "XX", "de", "DEU", "\x00"])
def test_what_is_no_country_is_refused(
    owner_client: Client, owner: User, model: Model, ev_energy_api: EvEnergyApi, country: str
) -> None:
    assert owner_client.post(page_of(model), {"country": country}).status_code == 400
    owner.refresh_from_db()
    assert owner.country == ""
    assert ev_energy_api.requests == []


def test_a_model_of_another_make_is_not_found(owner_client: Client, model: Model) -> None:
    assert owner_client.get(f"/connect/{make_make('Kia').pk}/{model.pk}/country/").status_code == 404


def test_a_car_that_cannot_be_connected_offers_to_ask_and_others(
    owner_client: Client, ev_energy_api: EvEnergyApi
) -> None:
    trim = make_trim(onboardable=False)
    make_model("EX90", make=trim.model.make, onboardable=True)

    html = owner_client.get(f"/connect/{trim.model.make_id}/{trim.model_id}/").content.decode()

    assert page_of(trim.model) in html
    assert "EX90" in html
    assert ev_energy_api.requests == []
