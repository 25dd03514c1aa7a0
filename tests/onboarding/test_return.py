from datetime import timedelta
from html import escape
from urllib.parse import quote

import pytest
import requests
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.onboarding.arrival import read_back
from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState
from onboarding_portal.onboarding.tasks import read_back_attempt, sweep_attempts
from onboarding_portal.owner_limits import MOST_REFUSED
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_make, make_owner
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db

VEHICLE, SECOND = an_id("vhcl", 1), an_id("vhcl", 2)


@pytest.fixture
def owner() -> User:
    return make_owner(ev_energy_user_id=an_id("user", 1))


@pytest.fixture
def attempt(owner: User) -> Attempt:
    return make_attempt(owner=owner, make_id=make_make(onboardable=True).pk, started_at=timezone.now())


@pytest.fixture
def owner_client(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def come_back(client: Client, attempt: Attempt, *vehicle_ids: str):
    query = {"vehicle_uid": vehicle_ids, "vehicle_id": range(1, len(vehicle_ids) + 1)} if vehicle_ids else {}
    return client.get(f"/connect/return/{attempt.pk}/", query, follow=True)


def text(response) -> str:
    return response.content.decode()


def test_own_vehicle_is_stored_and_shown(
    owner_client: Client, owner: User, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    response = come_back(owner_client, attempt, VEHICLE)

    assert "Your car is connected" in text(response)
    assert Vehicle.objects.get().owner == owner
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.CONNECTED


def test_the_address_left_in_the_browser_claims_nothing(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    response = come_back(owner_client, attempt, VEHICLE)

    assert response.redirect_chain == [(f"/connect/return/{attempt.pk}/", 302)]


def test_own_vehicle_is_stored_once_however_often_the_page_is_loaded(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    for _ in range(3):
        response = come_back(owner_client, attempt, VEHICLE)

    assert "Your car is connected" in text(response)
    assert Vehicle.objects.count() == Claim.objects.count() == 1
    assert len(ev_energy_api.requests) == 1


def test_two_vehicles_in_one_return_are_both_stored(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    ev_energy_api.add_vehicle(vehicle_json(2, user=1))

    response = come_back(owner_client, attempt, VEHICLE, SECOND)

    assert "Your cars are connected" in text(response)
    assert set(Vehicle.objects.values_list("pk", flat=True)) == {VEHICLE, SECOND}


def test_another_owners_vehicle_is_refused(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=2))

    response = come_back(owner_client, attempt, VEHICLE)

    assert response.status_code == 403
    assert "belongs to another account" in text(response)
    assert not Vehicle.objects.exists()
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.REFUSED


def test_another_owners_vehicle_beside_an_own_one_is_left_out(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    ev_energy_api.add_vehicle(vehicle_json(2, user=2))

    response = come_back(owner_client, attempt, VEHICLE, SECOND)

    assert "Your car is connected" in text(response)
    assert "One car was left out" in text(response)
    assert Vehicle.objects.get().pk == VEHICLE


def test_owner_cannot_finish_another_owners_attempt(
    client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    client.force_login(make_owner())

    response = come_back(client, attempt, VEHICLE)

    assert response.status_code == 404
    assert "not one of your connections" in text(response)
    assert not Claim.objects.exists()
    assert ev_energy_api.requests == []
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.STARTED


def test_an_unknown_attempt_looks_like_another_owners(owner_client: Client) -> None:
    response = owner_client.get("/connect/return/00000000-0000-4000-8000-000000000000/")

    assert response.status_code == 404
    assert "not one of your connections" in text(response)


def test_a_vehicle_unknown_to_ev_energy_is_not_stored(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_problem("GET", f"/vehicles/{VEHICLE}", 404)

    response = come_back(owner_client, attempt, VEHICLE)

    assert response.status_code == 404
    assert "does not know this car" in text(response)
    assert not Vehicle.objects.exists()


def test_no_id_means_that_the_owner_gave_up(owner_client: Client, attempt: Attempt) -> None:
    response = come_back(owner_client, attempt)

    assert "No car was connected" in text(response)
    assert f'name="make_id" value="{attempt.make_id}"' in text(response)
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.CANCELLED


@pytest.mark.parametrize(
    "vehicle_id",
    ["", "nonsense", "VHCL" + "0" * 26, "user" + "0" * 26, "vhcl" + "0" * 27, "vhcl\x00", "../../etc"],
)
def test_an_id_of_the_wrong_shape_is_refused(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi, vehicle_id: str
) -> None:
    response = come_back(owner_client, attempt, vehicle_id)

    assert response.status_code == 400
    assert "stored nothing" in text(response)
    assert "Not sure?" in text(response)
    assert not Claim.objects.exists()
    assert ev_energy_api.requests == []


def test_a_flood_of_ids_is_refused(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    response = come_back(owner_client, attempt, *(an_id("vhcl", number) for number in range(200)))

    assert response.status_code == 400
    assert ev_energy_api.requests == []


def test_a_genuine_return_after_a_forged_one_still_counts(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    come_back(owner_client, attempt, "nonsense")

    come_back(owner_client, attempt, VEHICLE)

    assert Vehicle.objects.get().pk == VEHICLE


def test_a_return_after_giving_up_still_counts(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    come_back(owner_client, attempt)

    response = come_back(owner_client, attempt, VEHICLE)

    assert "Your car is connected" in text(response)


def test_a_late_return_still_counts(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    Attempt.objects.update(started_at=timezone.now() - timedelta(days=3))
    sweep_attempts()
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.ABANDONED
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    response = come_back(owner_client, attempt, VEHICLE)

    assert "Your car is connected" in text(response)


def test_loading_the_page_again_without_ids_does_not_undo_the_connection(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    come_back(owner_client, attempt, VEHICLE)

    response = come_back(owner_client, attempt)

    assert "Your car is connected" in text(response)


def test_made_up_vehicles_cost_three_requests_however_many_there_are(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    made_up = [an_id("vhcl", number) for number in range(100, 120)]
    for vehicle_id in made_up:
        ev_energy_api.add_problem("GET", f"/vehicles/{vehicle_id}", 404)

    come_back(owner_client, attempt, *made_up)
    read_back(attempt=attempt, client=get_client(), now=timezone.now() + timedelta(days=1), seconds=5)

    assert len(ev_energy_api.requests) == MOST_REFUSED
    assert attempt.claims.next_try_at() is None
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.REFUSED


def test_an_owner_does_not_wait_for_ever_and_the_rest_is_read_later(
    attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    attempt.claim(vehicle_ids=[VEHICLE], now=timezone.now())

    read_back(attempt=attempt, client=get_client(), now=timezone.now(), seconds=0)

    assert ev_energy_api.requests == []
    assert attempt.claims.due(now=timezone.now()).count() == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, {"retry-after": "60"}), (401, {}), (403, {})],
)
def test_what_ev_energy_does_not_answer_now_is_kept(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi, status: int, headers: dict[str, str]
) -> None:
    ev_energy_api.add_problem("GET", f"/vehicles/{VEHICLE}", status, headers=headers)

    response = come_back(owner_client, attempt, VEHICLE)

    assert response.status_code == 200
    assert "Almost there" in text(response)
    assert Claim.objects.get().state == ClaimState.PENDING
    assert not Vehicle.objects.exists()


def test_what_could_not_be_read_back_appears_later(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    failing = ev_energy_api.add_failure("GET", f"/vehicles/{VEHICLE}", requests.ConnectionError())
    come_back(owner_client, attempt, VEHICLE)
    queued = DBTaskResult.objects.get(task_path=read_back_attempt.module_path)
    assert queued.run_after > timezone.now()
    ev_energy_api.mock.remove(failing)
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    Claim.objects.update(next_try_at=timezone.now())

    read_back_attempt.call(str(attempt.pk))

    assert "Your car is connected" in text(come_back(owner_client, attempt))


def test_the_waiting_page_looks_again_by_itself_but_not_for_ever(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_failure("GET", f"/vehicles/{VEHICLE}", requests.ConnectionError())
    assert "data-looks-again=" in text(come_back(owner_client, attempt, VEHICLE))

    Attempt.objects.update(returned_at=timezone.now() - timedelta(hours=1))

    assert "data-looks-again=" not in text(come_back(owner_client, attempt))


def test_each_failing_try_waits_longer(attempt: Attempt, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_failure("GET", f"/vehicles/{VEHICLE}", requests.ConnectionError())
    attempt.claim(vehicle_ids=[VEHICLE], now=timezone.now())
    waits = []
    for _ in range(4):
        Claim.objects.update(next_try_at=timezone.now())
        read_back_attempt.call(str(attempt.pk))
        waits.append(Claim.objects.get().next_try_at - timezone.now())

    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_left_is_taken_up_by_the_sweep(
    attempt: Attempt, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    now = timezone.now()
    attempt.claim(vehicle_ids=[VEHICLE], now=now - timedelta(minutes=5))
    assert attempt.claims.get().take(now=now - timedelta(minutes=5))  # and then the process was killed

    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    sweep_attempts()
    sweep_attempts()
    assert DBTaskResult.objects.count() == 1
    run_tasks()

    assert Vehicle.objects.get().owner == owner
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.CONNECTED


def test_a_claim_is_leased_to_one_process(attempt: Attempt) -> None:
    now = timezone.now()
    attempt.claim(vehicle_ids=[VEHICLE], now=now)
    claim = attempt.claims.get()

    assert claim.take(now=now)
    assert not attempt.claims.get().take(now=now)


def test_a_broken_answer_is_tried_again_later(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add("GET", f"/vehicles/{VEHICLE}", body="{half an ans", breaks_contract=True)

    assert "Almost there" in text(come_back(owner_client, attempt, VEHICLE))
    assert Claim.objects.get().state == ClaimState.PENDING


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (f"?vehicle_uid={VEHICLE}&vehicle_uid={SECOND}", "You are back from ev.energy"),
        ("?error=access_denied", "You stopped before the end"),
    ],
)
def test_visitors_are_told_how_it_went_and_lose_nothing_of_their_return(
    client: Client, attempt: Attempt, query: str, words: str
) -> None:
    path = f"/connect/return/{attempt.pk}/{query}"

    page = client.get(path)

    assert page.status_code == 200
    assert words in text(page)
    sign_in = f"/accounts/login/?next={quote(path)}"
    assert f'href="{escape(sign_in)}"' in page.content.decode()
    attempt.refresh_from_db()
    assert attempt.returned_at is None


def test_a_vehicle_already_stored_for_another_owner_is_refused(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi
) -> None:
    other = make_owner()
    Vehicle.objects.create(vehicle_id=VEHICLE, owner=other, integration="ACTIVE")
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))

    response = come_back(owner_client, attempt, VEHICLE)

    assert response.status_code == 403
    assert Vehicle.objects.get().owner == other


def test_ownership_can_be_left_unchecked_knowingly(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi, settings
) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = False
    ev_energy_api.add_vehicle(vehicle_json(1, user=99))

    assert "Your car is connected" in text(come_back(owner_client, attempt, VEHICLE))


def test_the_result_takes_a_fixed_number_of_queries(
    owner_client: Client, attempt: Attempt, ev_energy_api: EvEnergyApi, django_assert_num_queries
) -> None:
    for number in range(1, 4):
        ev_energy_api.add_vehicle(vehicle_json(number, user=1))
    come_back(owner_client, attempt, *(an_id("vhcl", number) for number in range(1, 4)))

    with django_assert_num_queries(7):  # session, user, attempt, claims, vehicles; scopes, readiness
        come_back(owner_client, attempt)
