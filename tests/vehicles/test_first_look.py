"""An existing customer of ev.energy sees their cars with the first page after the first sign-in."""

import time
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.tasks import enqueue_due_work
from tests.accounts.journey import is_signed_in, sign_in
from tests.ev_energy_answers import an_id, url, user_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_vehicle
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db

EMAIL = "ann@example.com"
ANN = user_json(7, email=EMAIL)
LIST = "/vehicles/"
LOOKING, NONE = "We are looking for your cars", "No cars yet"


def _has_cars(api: EvEnergyApi, *vehicles: dict[str, Any]) -> None:
    api.add_users(ANN)
    api.add_vehicles(vehicles or [vehicle_json(1, user=ANN), vehicle_json(2, user=ANN)])


def _page(client: Client) -> str:
    return client.get(LIST).content.decode()


def test_existing_customer_sees_their_cars_at_once(client: Client, ev_energy_api: EvEnergyApi) -> None:
    _has_cars(ev_energy_api)
    sign_in(client, EMAIL)

    page = _page(client)

    assert [an_id("vhcl", number) in page for number in (1, 2)] == [True, True]
    owner = User.objects.get()
    assert owner.ev_energy_user_id == ANN["id"]
    asked = [request.url or "" for request in ev_energy_api.requests]
    assert [LIST[:-1] in each for each in asked] == [False, True]
    assert ev_energy_api.requests[1].headers["EvEnergy-User"] == ANN["id"]


def test_it_is_looked_once(client: Client, ev_energy_api: EvEnergyApi) -> None:
    _has_cars(ev_energy_api)
    sign_in(client, EMAIL)
    for _ in range(3):
        _page(client)
    client.post("/accounts/logout/")
    sign_in(client, EMAIL)
    _page(client)

    assert len(ev_energy_api.requests) == 2


def test_whom_ev_energy_does_not_know_has_no_cars_and_is_not_made_there(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_users()
    sign_in(client, EMAIL)

    assert NONE in _page(client)
    assert [request.method for request in ev_energy_api.requests] == ["GET"]
    assert User.objects.get().cars_due_at is None


def test_owner_who_is_linked_already_is_not_looked_for(client: Client, ev_energy_api: EvEnergyApi) -> None:
    make_owner(email=EMAIL)
    sign_in(client, EMAIL)

    assert NONE in _page(client)
    assert not ev_energy_api.requests


@pytest.mark.parametrize("path", ["/users", "/vehicles"])
@pytest.mark.parametrize("status", [503, 429, 403, 401, 0])
def test_trouble_at_ev_energy_never_blocks_the_sign_in_and_the_page_says_we_are_looking(
    client: Client, ev_energy_api: EvEnergyApi, path: str, status: int
) -> None:
    if path == "/vehicles":
        ev_energy_api.add_users(ANN)
    if status:
        ev_energy_api.add_problem("GET", path, status, breaks_contract=True)
    else:
        ev_energy_api.add_failure("GET", path, requests.ConnectionError())
    sign_in(client, EMAIL)

    assert is_signed_in(client)
    page = _page(client)
    assert LOOKING in page
    assert "data-looks-again=" in page
    asked = len(ev_energy_api.requests)
    assert LOOKING in _page(client)
    assert len(ev_energy_api.requests) == asked  # reloading asks nothing more


@pytest.mark.django_db(transaction=True)
def test_task_finds_them_later(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/users", 503, breaks_contract=True)
    ev_energy_api.add_problem("GET", "/users", 503, breaks_contract=True)
    ev_energy_api.add_problem("GET", "/users", 503, breaks_contract=True)
    sign_in(client, EMAIL)
    assert LOOKING in _page(client)
    ev_energy_api.mock.remove(responses.GET, url("/users"))
    _has_cars(ev_energy_api)

    User.objects.update(cars_due_at=timezone.now())
    enqueue_due_work()
    run_tasks()

    assert an_id("vhcl", 1) in _page(client)


@pytest.mark.django_db(transaction=True)
def test_owner_who_never_looked_at_the_list_is_looked_for_all_the_same(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    _has_cars(ev_energy_api)
    sign_in(client, EMAIL)

    enqueue_due_work()
    run_tasks()

    assert Vehicle.objects.filter(owner__email=EMAIL).count() == 2


def test_it_is_given_up_after_a_day(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/users", 403, breaks_contract=True)
    with time_machine.travel("2026-03-14 09:30:00+00:00", tick=False) as clock:
        sign_in(client, EMAIL)
        waits = []
        while (due_at := User.objects.get().cars_due_at) and len(waits) < 50:
            clock.move_to(due_at)
            _page(client)
            waits.append(due_at)

        assert NONE in _page(client)
    assert 5 < len(waits) < 25


def test_cars_of_others_in_the_answer_are_left_out(client: Client, ev_energy_api: EvEnergyApi) -> None:
    theirs = make_vehicle(vehicle_id=an_id("vhcl", 3))
    _has_cars(
        ev_energy_api,
        vehicle_json(1, user=ANN),
        vehicle_json(2, user=user_json(8)),
        vehicle_json(3, user=ANN),
    )
    sign_in(client, EMAIL)

    page = _page(client)

    assert [an_id("vhcl", number) in page for number in (1, 2, 3)] == [True, False, False]
    assert Vehicle.objects.get(pk=theirs.pk).owner == theirs.owner


def test_user_of_another_owner_gives_no_cars(client: Client, ev_energy_api: EvEnergyApi) -> None:
    make_owner(ev_energy_user_id=ANN["id"])
    _has_cars(ev_energy_api)
    sign_in(client, EMAIL)

    assert NONE in _page(client)
    assert not Vehicle.objects.exists()


def test_slow_ev_energy_does_not_keep_the_owner(
    client: Client, ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onboarding_portal.vehicles.first_look.OWNER_CALL_SECONDS", 0.2)

    def slowly(_: requests.PreparedRequest) -> Any:
        time.sleep(0.25)
        raise requests.ReadTimeout

    ev_energy_api.mock.add_callback(responses.GET, url("/users"), callback=slowly)
    sign_in(client, EMAIL)
    started = time.monotonic()

    assert LOOKING in _page(client)
    assert time.monotonic() - started < 2


def test_two_pages_at_once_ask_once(ev_energy_api: EvEnergyApi, client: Client) -> None:
    _has_cars(ev_energy_api)
    sign_in(client, EMAIL)
    User.objects.update(cars_due_at=timezone.now() + timedelta(seconds=20))  # somebody is at it

    assert LOOKING in _page(client)
    assert not ev_energy_api.requests
