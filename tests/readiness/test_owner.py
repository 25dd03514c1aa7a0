"""The short way on: address, tariff, switch. Each can be left out, and what was typed is never lost."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.granted import lacks
from onboarding_portal.onboarding.models import AttemptState, Claim, ClaimState
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import (
    an_id,
    home_json,
    supplier_json,
    tariff_json,
    user_json,
    vehicle_json,
)
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_make, make_model, make_owner, make_vehicle

pytestmark = pytest.mark.django_db

TYPED = {"country_code": "GB", "address_1": "1 Mill Lane", "city": "London", "postal_code": "n1 9gu"}
SUPPLIER, TARIFF = an_id("supl"), an_id("tari")


@pytest.fixture
def car(client: Client) -> Vehicle:
    owner = make_owner(ev_energy_user_id=an_id("user"), joined_at=timezone.now() - timedelta(days=30))
    client.force_login(owner)
    return make_vehicle(
        vehicle_id=an_id("vhcl"),
        owner=owner,
        model=make_model("Kona", make=make_make("Hyundai")),
        is_smart_charging_on=False,
        last_status_at=timezone.now(),
    )


def page(name: str, car: Vehicle, *more: str) -> str:
    return reverse(f"readiness:{name}", args=[car.pk, *more])


def after(step: str, car: Vehicle) -> str:
    return f"{page('ready', car)}?after={step}"


def save_home(api: EvEnergyApi, **home: Any) -> None:
    api.add("PATCH", f"/users/{an_id('user')}", json=user_json(default_location=home_json(**home)))


def sent(api: EvEnergyApi) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(api.requests[-1].body or b"")
    return body


def facts(car: Vehicle) -> tuple[bool | None, bool | None]:
    row = Readiness.objects.get(pk=car.pk)
    return row.has_address, row.has_tariff


def test_whole_way_from_the_address_to_ready(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_user(user_json())
    assert client.get(page("ready", car)).headers["Location"] == page("address", car)

    save_home(ev_energy_api, tariff=None)
    response = client.post(page("address", car), TYPED)
    assert response.headers["Location"] == after("ADDRESS", car)
    assert sent(ev_energy_api)["default_location"]["postal_code"] == "N1 9GU"
    assert client.get(after("ADDRESS", car)).headers["Location"] == page("tariff", car)

    ev_energy_api.add("GET", "/suppliers", json=[supplier_json()])
    ev_energy_api.add("GET", "/tariffs", json=[tariff_json()])
    assert page("tariff_of", car, SUPPLIER) in client.get(page("tariff", car)).content.decode()
    save_home(ev_energy_api)
    ev_energy_api.mock.remove("PATCH", f"https://api.ev.energy/v2/users/{an_id('user')}")
    save_home(ev_energy_api)
    response = client.post(page("tariff_of", car, SUPPLIER), {"tariff": TARIFF})
    assert response.headers["Location"] == after("TARIFF", car)
    assert facts(car) == (True, True)
    assert client.get(after("TARIFF", car)).headers["Location"] == page("switch", car)

    ev_energy_api.add("PATCH", f"/vehicles/{car.pk}", json=vehicle_json(smart_charging_enabled=True))
    response = client.post(page("switch", car), {"smart_charging": "on"})
    assert response.headers["Location"] == after("SWITCH", car)
    assert "Ready." in client.get(after("SWITCH", car)).content.decode()
    car.refresh_from_db()
    assert car.is_smart_charging_on


def test_address_is_kept_nowhere_here(client: Client, car: Vehicle, ev_energy_api: EvEnergyApi) -> None:
    save_home(ev_energy_api)

    client.post(page("address", car), TYPED)

    row = Readiness.objects.values().get(pk=car.pk)
    assert "Mill Lane" not in str(row) + str(dict(client.session)) + str(
        User.objects.values().get(pk=car.owner_id)
    )


def test_known_home_is_not_asked_for(client: Client, car: Vehicle, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_user(user_json(default_location=home_json()))

    assert client.get(page("ready", car)).headers["Location"] == page("switch", car)
    assert client.get(page("ready", car)).headers["Location"] == page("switch", car)
    assert len(ev_energy_api.requests) == 1


def test_each_question_can_be_left_out_and_comes_back_on_the_cars_page(client: Client, car: Vehicle) -> None:
    Readiness.objects.create(
        vehicle=car, kept_for=car.owner_id, has_address=False, has_tariff=False, home_read_at=timezone.now()
    )

    ways = [client.get(after(step, car)).headers.get("Location") for step in ("ADDRESS", "TARIFF")]
    left_out = client.get(after("SWITCH", car)).content.decode()
    shown = client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()

    assert ways == [page("tariff", car), page("switch", car)]
    assert "Almost ready" in left_out
    assert all(page(step, car) in left_out for step in ("address", "tariff", "switch"))
    assert page("address", car) in shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"postal_code": "10115"}, "does not look like one of this country"),
        ({"address_1": ""}, "Please fill this in."),
        ({"city": ""}, "Please fill this in."),
        ({"postal_code": ""}, "Please fill this in."),
    ],
)
def test_wrong_address_is_not_sent(client: Client, car: Vehicle, typed: dict[str, str], words: str) -> None:
    response = client.post(page("address", car), TYPED | typed)

    assert response.status_code == 400
    assert words in response.content.decode()


@pytest.mark.parametrize("country", ["", "XX", "ZZ", "gb"])
def test_unknown_country_is_asked_again(client: Client, car: Vehicle, country: str) -> None:
    response = client.post(page("address", car), TYPED | {"country_code": country})

    assert response.status_code == 400
    assert 'name="country_code"' in response.content.decode()


def test_another_country_has_its_own_fields_and_keeps_what_was_typed(client: Client, car: Vehicle) -> None:
    shown = client.post(page("address", car), TYPED | {"country_code": "US", "change_country": "1"})

    text = shown.content.decode()
    assert shown.status_code == 200
    assert all(word in text for word in ("ZIP code", "California", "1 Mill Lane"))
    assert text.index('name="city"') < text.index('name="state"') < text.index('name="postal_code"')


def failing(api: EvEnergyApi, how: str, method: str, path: str) -> None:
    if how == "refused":
        api.add_problem(method, path, 400, field_errors={"default_location.postal_code": ["No."]})
    elif how == "down":
        api.add_problem(method, path, 503, breaks_contract=True)
    else:
        api.add_failure(method, path, requests.ConnectTimeout())


@pytest.mark.parametrize(("how", "status"), [("refused", 400), ("down", 503), ("slow", 503)])
def test_what_was_typed_is_never_lost(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi, how: str, status: int
) -> None:
    failing(ev_energy_api, how, "PATCH", f"/users/{an_id('user')}")

    response = client.post(page("address", car), TYPED)

    text = response.content.decode()
    assert response.status_code == status
    assert all(f'value="{value}"' in text for value in ("1 Mill Lane", "London"))
    assert page("ready", car) in text
    assert facts(car) == (None, None)


@pytest.mark.parametrize(("how", "status"), [("refused", 400), ("down", 503), ("slow", 503)])
def test_chosen_tariff_is_named_where_it_could_not_be_saved(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi, how: str, status: int
) -> None:
    ev_energy_api.add("GET", "/tariffs", json=[tariff_json(1), tariff_json(2)])
    failing(ev_energy_api, how, "PATCH", f"/users/{an_id('user')}")

    response = client.post(page("tariff_of", car, SUPPLIER), {"tariff": TARIFF})

    assert response.status_code == status
    assert "You chose this one" in response.content.decode()


@pytest.mark.parametrize(("how", "status"), [("refused", 400), ("down", 503), ("slow", 503)])
def test_switch_that_could_not_be_set_stays_as_it_was(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi, how: str, status: int
) -> None:
    failing(ev_energy_api, how, "PATCH", f"/vehicles/{car.pk}")

    assert client.post(page("switch", car), {"smart_charging": "on"}).status_code == status
    car.refresh_from_db()
    assert car.is_smart_charging_on is False


@pytest.mark.usefixtures("no_turn_is_free")
def test_nobody_waits_where_many_wait_already(client: Client, car: Vehicle) -> None:
    response = client.post(page("address", car), TYPED)

    assert response.status_code == 503
    assert "1 Mill Lane" in response.content.decode()


@pytest.mark.parametrize("supplier", ["x", an_id("tari")])
def test_unknown_supplier_is_not_asked_for(client: Client, car: Vehicle, supplier: str) -> None:
    assert client.get(page("tariff_of", car, supplier)).status_code == 404


def test_tariff_of_somebody_elses_supplier_is_not_saved(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add("GET", "/tariffs", json=[tariff_json(1)])

    assert client.post(page("tariff_of", car, SUPPLIER), {"tariff": an_id("tari", 9)}).status_code == 400


def test_search_finds_suppliers_by_parts_of_their_names(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi
) -> None:
    names = ["Old Mill Energy", "Harbour Power", *[f"Power {n}" for n in range(60)]]
    ev_energy_api.add(
        "GET", "/suppliers", json=[supplier_json(n, name=name) for n, name in enumerate(names, 1)]
    )

    everything = client.get(page("tariff", car)).content.decode()
    found = client.get(page("tariff", car), {"q": "mill old"}).content.decode()

    assert "There are more" in everything
    assert "Old Mill Energy" in found
    assert "Harbour" not in found
    assert len(ev_energy_api.requests) == 1


def test_preset_tariff_goes_along_with_the_address(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi, settings: Settings
) -> None:
    settings.SMART_CHARGING_TARIFF = TARIFF
    save_home(ev_energy_api)

    client.post(page("address", car), TYPED)

    assert sent(ev_energy_api)["default_location"]["tariff"].endswith(TARIFF)
    assert client.get(after("ADDRESS", car)).headers["Location"] == page("switch", car)
    assert client.get(page("tariff", car)).status_code == 302


@pytest.mark.parametrize("step", ["address", "tariff", "switch"])
def test_missing_scope_switches_the_step_off(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi, step: str
) -> None:
    scope = {"address": "user:write", "tariff": "tariff:read", "switch": "vehicle:write"}[step]
    method, path = {
        "address": ("PATCH", f"/users/{an_id('user')}"),
        "tariff": ("GET", "/suppliers"),
        "switch": ("PATCH", f"/vehicles/{car.pk}"),
    }[step]
    ev_energy_api.add_problem(method, path, 403)

    first = client.get(page(step, car)) if step == "tariff" else client.post(page(step, car), TYPED)

    assert first.status_code == 302
    assert lacks(scope)
    assert client.get(page(step, car)).headers["Location"] == after(step.upper(), car)


def test_scopes_the_token_lacks_are_not_asked_for(
    client: Client, car: Vehicle, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.mock.remove(ev_energy_api.token_answer)
    ev_energy_api.add_token(scope="user:read vehicle:read")
    ev_energy_api.add_user(user_json())

    response = client.get(page("ready", car))

    assert response.status_code == 302
    shown = client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()
    assert "readiness" not in shown
    assert "/ready/" not in shown


def test_company_that_wants_no_more_has_none_of_it(client: Client, car: Vehicle, settings: Settings) -> None:
    settings.SMART_CHARGING_STEPS = []

    assert client.get(page("ready", car)).headers["Location"] == reverse("vehicles:detail", args=[car.pk])
    assert "/ready/" not in client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()


def test_car_that_was_handed_over_shows_nobody_elses_address(client: Client, car: Vehicle) -> None:
    Vehicle.objects.filter(pk=car.pk).update(handed_over_under=an_id("user", 9))

    assert client.get(page("address", car)).headers["Location"] == reverse("vehicles:detail", args=[car.pk])


def test_another_owners_car_is_unknown(client: Client, car: Vehicle) -> None:
    client.force_login(make_owner())

    for name in ("ready", "address", "tariff", "switch"):
        assert client.get(page(name, car)).status_code == 404
        assert client.post(page(name, car)).status_code in {404, 405}


def test_new_connection_leads_on(client: Client, car: Vehicle) -> None:
    attempt = make_attempt(owner=car.owner, state=AttemptState.CONNECTED, returned_at=timezone.now())
    Claim.objects.create(attempt=attempt, vehicle_id=car.pk, state=ClaimState.STORED)

    shown = client.get(reverse("onboarding:return", args=[attempt.pk])).content.decode()

    assert page("ready", car) in shown
