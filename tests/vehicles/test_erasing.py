"""Cars of erased owners go at ev.energy, in the background: once, if they are still theirs, however long it takes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.erasing import THEMSELVES, erase
from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.priority import Priority, current_priority
from onboarding_portal.vehicles.car_to_erase import Outcome
from onboarding_portal.vehicles.erasing import erase_cars
from onboarding_portal.vehicles.models import CarToErase, Vehicle
from onboarding_portal.vehicles.tasks import enqueue_due_work
from tests.ev_energy_answers import url, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner, make_vehicle
from tests.security.owner_with_everything import where_it_stands

pytestmark = pytest.mark.django_db


def make_pending() -> tuple[str, str]:
    """The ids of a car that waits to be erased, and of its owner at ev.energy."""
    owner = make_owner()
    car, user_id = make_vehicle(owner=owner), owner.ev_energy_user_id or ""
    erase(owner=owner, by=THEMSELVES, at_ev_energy=True, now=NOW)
    return car.pk, user_id


def run(*, after: timedelta = timedelta(0)) -> CarToErase:
    erase_cars(client=get_client(), clock=lambda: NOW + after)
    return CarToErase.objects.get()


def answer_car(api: EvEnergyApi, vehicle_id: str, user_id: str) -> None:
    api.add(
        "GET",
        f"/vehicles/{vehicle_id}",
        json={**vehicle_json(id=vehicle_id), "user": url(f"/users/{user_id}")},
    )


@pytest.mark.parametrize("status", [200, 204])
def test_a_car_is_read_then_removed_and_nothing_of_it_is_left(
    ev_energy_api: EvEnergyApi, status: int
) -> None:
    vehicle_id, user_id = make_pending()
    answer_car(ev_energy_api, vehicle_id, user_id)
    body = {"json": {"remaining_car_count": 0}} if status == 200 else {"body": ""}
    ev_energy_api.add("DELETE", f"/vehicles/{vehicle_id}", status=status, **body)

    car = run()

    assert [each.method for each in ev_energy_api.requests] == ["GET", "DELETE"]
    assert (car.outcome, car.vehicle_id, car.owner_hash, car.due_at) == ("ERASED", "", "", None)
    assert AuditEntry.objects.filter(act="accounts.erased_at_ev_energy").count() == 1
    assert where_it_stands([vehicle_id, user_id]) == []


def test_until_then_no_more_than_the_id_is_kept() -> None:
    vehicle_id, user_id = make_pending()

    assert where_it_stands([vehicle_id]) == ["vehicles_cartoerase.vehicle_id"]
    assert where_it_stands([user_id]) == []


def gone(api: EvEnergyApi, vehicle_id: str, user_id: str) -> None:
    api.add_problem("GET", f"/vehicles/{vehicle_id}", 404)


def sold(api: EvEnergyApi, vehicle_id: str, user_id: str) -> None:
    answer_car(api, vehicle_id, "user" + "7" * 26)


def came_back(api: EvEnergyApi, vehicle_id: str, user_id: str) -> None:
    make_vehicle(vehicle_id=vehicle_id)


@pytest.mark.parametrize(
    ("meanwhile", "outcome"), [(gone, "GONE"), (sold, "OTHERS"), (came_back, "CAME_BACK")]
)
def test_a_car_that_is_not_theirs_any_more_is_left(
    ev_energy_api: EvEnergyApi, meanwhile: Callable[[EvEnergyApi, str, str], None], outcome: str
) -> None:
    vehicle_id, user_id = make_pending()
    meanwhile(ev_energy_api, vehicle_id, user_id)

    car = run()

    assert (car.outcome, car.vehicle_id) == (outcome, "")
    assert "DELETE" not in [each.method for each in ev_energy_api.requests]


def down(api: EvEnergyApi, vehicle_id: str) -> None:
    api.add_problem("GET", f"/vehicles/{vehicle_id}", 503, breaks_contract=True)


def out_of_reach(api: EvEnergyApi, vehicle_id: str) -> None:
    api.add_failure("GET", f"/vehicles/{vehicle_id}", requests.ConnectionError())


def limited(api: EvEnergyApi, vehicle_id: str) -> None:
    api.add_problem("GET", f"/vehicles/{vehicle_id}", 429, headers={"Retry-After": "60"})


def forbidden(api: EvEnergyApi, vehicle_id: str) -> None:
    api.add_problem("GET", f"/vehicles/{vehicle_id}", 403)


@pytest.mark.parametrize("trouble", [down, out_of_reach, limited, forbidden])
def test_what_ev_energy_cannot_do_now_is_tried_again(
    ev_energy_api: EvEnergyApi, trouble: Callable[[EvEnergyApi, str], None]
) -> None:
    vehicle_id, _user_id = make_pending()
    trouble(ev_energy_api, vehicle_id)

    car = run()

    assert (car.outcome, car.vehicle_id, car.tries) == ("WAITING", vehicle_id, 1)
    assert car.failure
    assert car.due_at is not None
    assert NOW < car.due_at <= NOW + timedelta(minutes=2)


def test_a_removal_whose_answer_was_lost_counts_as_done_when_the_car_is_gone(
    ev_energy_api: EvEnergyApi,
) -> None:
    vehicle_id, user_id = make_pending()
    answer_car(ev_energy_api, vehicle_id, user_id)
    ev_energy_api.add_problem("DELETE", f"/vehicles/{vehicle_id}", 500, breaks_contract=True)
    assert run().outcome == "WAITING"
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_problem("GET", f"/vehicles/{vehicle_id}", 404)

    assert run(after=timedelta(hours=1)).outcome == "ERASED"


def test_waits_grow_and_end_never() -> None:
    make_pending()
    car = CarToErase.objects.get()
    waits = []
    for _ in range(20):
        car.try_later(why="503", now=NOW)
        car.refresh_from_db()
        assert car.due_at is not None
        waits.append(car.due_at - NOW)

    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)


def test_the_sweep_takes_up_what_is_due_and_two_workers_do_it_once(ev_energy_api: EvEnergyApi) -> None:
    make_pending()
    DBTaskResult.objects.all().delete()

    enqueue_due_work()

    assert DBTaskResult.objects.filter(task_path__endswith="erase_due_cars").count() == 1
    held = CarToErase.objects.get()
    assert CarToErase.objects.take(held, due="due_at", until=NOW + timedelta(hours=1))
    assert erase_cars(client=get_client(), clock=lambda: NOW) == 0


def test_it_has_the_rank_of_staff(ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch) -> None:
    make_pending()
    ranks: list[Priority] = []
    monkeypatch.setattr(
        "onboarding_portal.vehicles.erasing._erase",
        lambda car, client: ranks.append(current_priority()) or Outcome.GONE,
    )

    run()

    assert ranks == [Priority.STAFF]


def test_removed_cars_are_not_asked_about() -> None:
    owner = make_owner()
    make_vehicle(owner=owner, removed_at=NOW)

    erase(owner=owner, by=THEMSELVES, at_ev_energy=True, now=NOW)

    assert not CarToErase.objects.exists()
    assert not Vehicle.objects.exists()
