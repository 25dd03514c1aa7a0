"""The home that ev.energy keeps is in the file an owner takes along, and nowhere here."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import User
from tests.accounts.test_your_data import JSON, READ, prove
from tests.ev_energy_answers import home_json, supplier_json, tariff_json, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db
HOME = {"address_1": "Rue Ça 7", "city": "Lyon", "postal_code": "69001", "country_code": "FR"}


def at_home(api: EvEnergyApi, owner: User, **answer: Any) -> None:
    tariff = tariff_json(name="Night", supplier=supplier_json(name="Volt"))
    home = home_json(tariff=tariff, **HOME)
    told = user_json(id=owner.ev_energy_user_id, default_location=home)
    api.add("GET", f"/users/{owner.ev_energy_user_id}", json=told, **answer)


def file_of(client: Client) -> Any:
    return client.get(JSON).json()["kept_at_ev_energy"]


@pytest.fixture
def owner() -> User:
    return make_owner()


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    prove(client)
    return client


def test_the_owners_file_has_the_home(
    ev_energy_api: EvEnergyApi, owner: User, signed_in: Client, caplog: pytest.LogCaptureFixture
) -> None:
    at_home(ev_energy_api, owner)
    caplog.set_level(logging.DEBUG)

    (home,) = file_of(signed_in)["home"]

    assert home["is_told"]
    assert home["ev_energy_user_id"] == owner.ev_energy_user_id
    assert HOME.items() <= home["address"].items()
    assert (home["address"]["tariff_name"], home["address"]["supplier_name"]) == ("Night", "Volt")
    assert "Lyon" not in caplog.text
    assert "Lyon" not in signed_in.get(READ).content.decode()  # the page asks nobody


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_ev_energy_does_not_tell_is_said_not_to_be_told(
    ev_energy_api: EvEnergyApi, owner: User, signed_in: Client, status: int
) -> None:
    ev_energy_api.add_problem(
        "GET", f"/users/{owner.ev_energy_user_id}", status, breaks_contract=True, headers={"Retry-After": "1"}
    )

    answer = signed_in.get(JSON)

    assert answer.status_code == 200
    assert answer.json()["held"]["accounts.User"]
    assert answer.json()["kept_at_ev_energy"]["home"] == [
        {"ev_energy_user_id": owner.ev_energy_user_id, "is_told": False}
    ]


def test_an_owner_without_a_home_or_whom_ev_energy_does_not_know(
    ev_energy_api: EvEnergyApi, owner: User, signed_in: Client
) -> None:
    told = user_json(id=owner.ev_energy_user_id)
    ev_energy_api.add("GET", f"/users/{owner.ev_energy_user_id}", json=told)
    assert file_of(signed_in)["home"][0]["address"] is None

    User.objects.filter(pk=owner.pk).update(ev_energy_user_id=None)
    assert file_of(signed_in) == {}


@pytest.mark.parametrize("sees_addresses", [True, False])
def test_staff_hand_out_the_home_only_if_they_may_see_it(
    ev_energy_api: EvEnergyApi, owner: User, client: Client, *, sees_addresses: bool
) -> None:
    at_home(ev_energy_api, owner)
    staff = make_staff()
    rights = ["view_user", "export_owner", *(["view_address"] if sees_addresses else [])]
    staff.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    client.force_login(staff)

    file = client.get(reverse("admin:accounts_user_export_json", args=[owner.pk])).json()

    assert ("home" in file["kept_at_ev_energy"]) is sees_addresses
    assert ("Lyon" in json.dumps(file)) is sees_addresses


def test_the_command_has_the_home(ev_energy_api: EvEnergyApi, owner: User) -> None:
    at_home(ev_energy_api, owner)
    out = StringIO()

    call_command("export_owner", owner.email, stdout=out)

    assert json.loads(out.getvalue())["kept_at_ev_energy"]["home"][0]["address"]["city"] == "Lyon"
