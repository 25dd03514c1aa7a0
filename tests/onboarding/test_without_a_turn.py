"""ev.energy is slow and others wait for it already: the page is answered at once, the background does the rest."""

from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState
from onboarding_portal.onboarding.tasks import sweep_attempts
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id, user_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_make, make_owner
from tests.tasks import run_tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_turn_is_free")]

START, WAITLIST = "/connect/start/", "/connect/waitlist/"


@pytest.fixture
def owner(client: Client) -> User:
    owner = make_owner(email="anna@example.com", ev_energy_user_id=None)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return owner


def test_return_is_stored_shown_as_waiting_and_read_in_the_background(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    User.objects.update(ev_energy_user_id=an_id("user", 1))
    attempt = make_attempt(owner=owner, started_at=timezone.now())
    page = f"/connect/return/{attempt.pk}/"

    shown = [client.get(page, {"vehicle_uid": an_id("vhcl", 1)}, follow=True) for _ in range(3)]

    assert ["Almost there" in each.content.decode() for each in shown] == [True] * 3
    assert ev_energy_api.requests == []
    assert Claim.objects.get().state == ClaimState.PENDING
    assert DBTaskResult.objects.count() == 1

    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    DBTaskResult.objects.update(run_after=timezone.now())
    run_tasks()

    assert "Your car is connected" in client.get(page).content.decode()
    assert Vehicle.objects.get().owner == owner
    attempt.refresh_from_db()
    assert (attempt.state, attempt.task_due_at) == (AttemptState.CONNECTED, None)


def test_start_says_that_the_way_is_prepared_and_the_next_press_goes_on(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    pick = {"make_id": make_make("Volvo", onboardable=True).pk}

    answers = [client.post(START, pick) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202] * 3
    page = answers[-1].content.decode()
    assert "We are preparing your way to Volvo" in page
    assert f'name="make_id" value="{pick["make_id"]}"' in page
    assert ev_energy_api.requests == []
    assert DBTaskResult.objects.count() == Attempt.objects.count() == 1

    ev_energy_api.add_users()
    ev_energy_api.add_created_user(user_json(7, email=owner.email))
    run_tasks()
    gone = client.post(START, pick)

    assert gone.status_code == 302
    assert an_id("user", 7) in gone["Location"]
    assert Attempt.objects.get().make_id == pick["make_id"]


def test_what_a_killed_worker_left_of_a_start_is_taken_up_by_the_sweep(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    client.post(START)
    DBTaskResult.objects.all().delete()
    ev_energy_api.add_users(user_json(7, email=owner.email))

    sweep_attempts()
    sweep_attempts()
    assert DBTaskResult.objects.count() == 1
    run_tasks()

    assert client.post(START).status_code == 302


def test_start_that_cannot_be_prepared_is_tried_again_later(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_failure("GET", "/users", requests.ConnectionError())
    client.post(START)

    run_tasks()

    due_at = Attempt.objects.get().user_due_at
    assert due_at
    assert timedelta(0) < due_at - timezone.now() < timedelta(minutes=2)
    assert client.post(START).status_code == 202


def test_owner_whom_ev_energy_knows_is_not_held_up(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    User.objects.update(ev_energy_user_id=an_id("user", 1))
    make_attempt(owner=owner, started_at=timezone.now() - timedelta(hours=1))  # which got nowhere

    assert client.post(START).status_code == 302
    assert ev_energy_api.requests == []


def test_waitlist_keeps_what_was_typed_and_asks_to_try_again(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    response = client.post(WAITLIST, {"make_name": "Aptera", "model_name": "Luna"})

    assert response.status_code == 503
    assert "not on the list yet" in response.content.decode()
    assert 'value="Aptera"' in response.content.decode()
    assert ev_energy_api.requests == []


def test_first_page_of_cars_says_that_we_look(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    User.objects.update(cars_due_at=timezone.now())

    assert "We are looking for your cars" in client.get("/vehicles/").content.decode()
    assert ev_energy_api.requests == []
