from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django_tasks_db.models import DBTaskResult

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.timing import VEHICLE_WORK_LEASE
from onboarding_portal.vehicles import tasks
from onboarding_portal.vehicles.models import Cause, Vehicle
from onboarding_portal.vehicles.refresh import is_worth_reading, refresh_vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner
from onboarding_portal.vehicles.tasks import Work, work_off
from tests.ev_energy_answers import error_log_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner, make_stale_vehicle, make_vehicle
from tests.tasks import run_tasks
from tests.vehicles.resources import vehicle_answer

pytestmark = pytest.mark.django_db
with_worker = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def work(kind: Work) -> bool:
    return work_off(work=kind, client=get_client(), clock=lambda: NOW)


@with_worker
def test_a_refreshed_vehicle_says_what_ev_energy_says(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_vehicle(refresh_due_at=NOW)
    answer = vehicle_answer(id=vehicle.pk, owner=vehicle.owner, integrated="INACTIVE")
    ev_energy_api.add_vehicle(answer)

    tasks.enqueue_due_work()
    run_tasks()

    vehicle.refresh_from_db()
    assert vehicle.integration == "INACTIVE"
    assert vehicle.stale_reason == "CONNECTION_LOST"
    assert vehicle.refresh_due_at is None


def test_a_vehicle_ev_energy_no_longer_has_is_removed(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_stale_vehicle()
    ev_energy_api.add_problem("GET", f"/vehicles/{vehicle.pk}", 404)

    refreshed = refresh_vehicle(vehicle_id=vehicle.pk, client=get_client(), now=NOW)

    assert (refreshed.removed_at, refreshed.stale_since) == (NOW, None)


def test_a_refresh_never_moves_a_vehicle(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_vehicle()
    ev_energy_api.add_vehicle(vehicle_answer(id=vehicle.pk, owner=make_owner()))

    with pytest.raises(BelongsToAnotherOwner):
        refresh_vehicle(vehicle_id=vehicle.pk, client=get_client(), now=NOW)


@with_worker
def test_a_sweep_finds_out_why_vehicles_are_stale(ev_energy_api: EvEnergyApi) -> None:
    vehicles = [make_stale_vehicle() for _ in range(3)]
    make_vehicle()
    for vehicle in vehicles:
        ev_energy_api.add_error_logs(vehicle.pk, [error_log_json(logged_at="2026-03-14T09:00:00Z")])

    tasks.enqueue_due_work()
    run_tasks()

    assert set(Vehicle.objects.stale().values_list("cause", flat=True)) == {Cause.ACCESS_REVOKED}
    assert len(ev_energy_api.requests) == 3


@with_worker
def test_a_cause_is_looked_up_once_a_day(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_stale_vehicle()
    ev_energy_api.add_error_logs(vehicle.pk, [])

    for _ in range(3):
        tasks.enqueue_due_work()
        run_tasks()

    assert len(ev_energy_api.requests) == 1
    vehicle.refresh_from_db()
    assert vehicle.cause_due_at is not None
    assert vehicle.cause_due_at > NOW + timedelta(hours=23)


def test_work_stops_at_the_owners_reserve_and_the_vehicle_is_due_again(ev_energy_api: EvEnergyApi) -> None:
    first, second = make_vehicle(refresh_due_at=NOW - timedelta(hours=1)), make_vehicle(refresh_due_at=NOW)
    path = f"/vehicles/{first.pk}"
    answer = vehicle_answer(id=first.pk, owner=first.owner)
    ev_energy_api.add("GET", path, json=answer, headers={"X-RateLimit-Remaining": "150"})

    goes_on = work(Work.REFRESH)

    assert goes_on is False
    assert len(ev_energy_api.requests) == 1
    second.refresh_from_db()
    assert second.refresh_due_at is not None
    assert second.refresh_due_at > NOW


def test_what_a_killed_worker_had_taken_is_due_again_by_itself() -> None:
    vehicle = make_vehicle(refresh_due_at=NOW)
    vehicle.take_refresh(until=NOW + VEHICLE_WORK_LEASE, now=NOW)

    assert not Vehicle.objects.filter(refresh_due_at__lte=NOW).exists()
    assert Vehicle.objects.filter(refresh_due_at__lte=NOW + VEHICLE_WORK_LEASE).exists()


def test_one_vehicles_trouble_does_not_hold_up_the_others(ev_energy_api: EvEnergyApi) -> None:
    troubled, fine = make_vehicle(refresh_due_at=NOW - timedelta(hours=1)), make_vehicle(refresh_due_at=NOW)
    ev_energy_api.add("GET", f"/vehicles/{troubled.pk}", body="<html>", breaks_contract=True)
    ev_energy_api.add_vehicle(vehicle_answer(id=fine.pk, owner=fine.owner))

    work(Work.REFRESH)

    fine.refresh_from_db()
    assert fine.refresh_due_at is None
    assert fine.description


def test_a_foreign_vehicle_is_left_alone_and_no_longer_due(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_vehicle(refresh_due_at=NOW)
    ev_energy_api.add_vehicle(vehicle_answer(id=vehicle.pk, owner=make_owner()))

    work(Work.REFRESH)

    vehicle.refresh_from_db()
    assert vehicle.refresh_due_at is None
    assert vehicle.description == ""


def test_sweeps_do_not_pile_tasks_up() -> None:
    make_vehicle(refresh_due_at=NOW)
    make_stale_vehicle()

    for _ in range(5):
        tasks.enqueue_due_work()

    assert DBTaskResult.objects.count() == 2


def test_without_due_vehicles_a_sweep_enqueues_nothing() -> None:
    make_vehicle()

    tasks.enqueue_due_work()

    assert not DBTaskResult.objects.exists()


def test_a_page_left_open_asks_in_growing_steps() -> None:
    vehicle = make_vehicle(connected_at=NOW, read_at=NOW, last_status_at=None)
    reads = 0

    for second in range(0, 3600, 10):
        now = NOW + timedelta(seconds=second)
        if is_worth_reading(vehicle=vehicle, now=now):
            vehicle.read_at = now
            reads += 1

    assert 5 <= reads <= 12


def test_two_pages_at_once_have_a_car_read_once() -> None:
    vehicle = make_vehicle()

    tasks.refresh_soon(vehicle=vehicle, now=NOW)
    tasks.refresh_soon(vehicle=vehicle, now=NOW + timedelta(seconds=1))

    assert DBTaskResult.objects.count() == 1


@with_worker
@pytest.mark.parametrize("status", [403, 404])
def test_a_failed_read_for_a_page_fails_no_task(ev_energy_api: EvEnergyApi, status: int) -> None:
    vehicle = make_vehicle()
    ev_energy_api.add_problem("GET", f"/vehicles/{vehicle.pk}", status)

    tasks.refresh_soon(vehicle=vehicle, now=NOW)
    run_tasks()

    assert len(ev_energy_api.requests) == 1


def test_a_removed_vehicle_keeps_no_sweep_busy() -> None:
    make_vehicle(refresh_due_at=NOW, removed_at=NOW)

    tasks.enqueue_due_work()

    assert not DBTaskResult.objects.exists()
