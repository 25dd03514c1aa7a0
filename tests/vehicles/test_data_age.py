"""How old data may be, as staff are told, and the cars that are read ahead of the sync."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.operations.clock import jobs
from onboarding_portal.reconnects.background.awaited import about_to_be_reminded, with_link_at_the_counter
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.vehicles.awaited import WAITS_FOR_FIRST_DATA, request_awaited, without_first_data
from onboarding_portal.vehicles.data_age import data_age
from onboarding_portal.vehicles.models import SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.pace import SLOT, pace_of
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
PACE = pace_of(background_requests=720, window=HOUR)  # 90 pages a slot
NEVER_SENT: dict[str, Any] = {"last_status_at": None, "connected_at": NOW - HOUR, "read_at": NOW - HOUR}


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_run(
    state: SyncState, *, pages: int, began_at: datetime, ended_at: datetime | None = None
) -> SyncRun:
    return SyncRun.objects.create(
        state=state,
        page_count=pages,
        vehicle_count=100 * pages,
        started_at=began_at,
        progressed_at=ended_at or began_at,
        finished_at=ended_at,
        lease_id=uuid.uuid4(),
        lease_expires_at=began_at,
    )


@pytest.fixture
def slow_sync() -> None:
    """A fleet of 72,000 cars, whose last reading took eight slots."""
    make_run(SyncState.COMPLETE, pages=720, began_at=NOW - 3 * HOUR, ended_at=NOW - HOUR)


def test_data_is_as_old_as_a_reading_takes(slow_sync: None) -> None:
    age = data_age(pace=PACE)

    assert (age.every, age.complete_at) == (2 * HOUR, NOW - HOUR)


def test_a_fleet_that_grew_is_known_by_the_reading_under_way(slow_sync: None) -> None:
    make_run(SyncState.RUNNING, pages=1080, began_at=NOW - HOUR)

    assert data_age(pace=PACE).every == 3 * HOUR


@pytest.mark.parametrize(("hours", "is_late"), [(4, False), (4.3, True)])
def test_a_reading_is_late_when_it_is_overdue_by_another(hours: float, *, is_late: bool) -> None:
    ended_at = NOW - hours * HOUR
    make_run(SyncState.COMPLETE, pages=720, began_at=ended_at - 2 * HOUR, ended_at=ended_at)

    assert data_age(pace=PACE).is_late(now=NOW) is is_late


@pytest.mark.parametrize("page", ["vehicle", "syncrun"])
def test_staff_read_the_age_above_their_lists(page: str, client: Client, slow_sync: None) -> None:
    shown = list_of(client, page)

    assert (
        "Data of all cars is read every 2 h; the last complete reading ended 14 March 2026, 08:30." in shown
    )
    assert "The next one is late." not in shown


def test_staff_read_that_a_reading_is_late(client: Client) -> None:
    make_run(SyncState.COMPLETE, pages=1, began_at=NOW - HOUR, ended_at=NOW - HOUR)

    assert "The next one is late." in list_of(client, "syncrun")


def test_staff_of_a_new_portal_read_how_far_the_first_reading_is(client: Client) -> None:
    make_run(SyncState.RUNNING, pages=12, began_at=NOW)

    assert "has not ended yet: 1200 cars read so far" in list_of(client, "vehicle")


def list_of(client: Client, page: str) -> str:
    staff = make_staff(is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return " ".join(client.get(f"/admin/vehicles/{page}/").content.decode().split())


def awaited_cars() -> dict[str, Vehicle]:
    """A car for each reason to wait, and one beside each for which nobody does."""
    long_ago = {"read_at": NOW - 3 * HOUR}
    cars = {
        "new": make_vehicle(**NEVER_SENT),
        "counter": make_vehicle(**long_ago),
        "reminder": make_vehicle(**long_ago),
        "not new": make_vehicle(**{**NEVER_SENT, "connected_at": NOW - WAITS_FOR_FIRST_DATA}),
        "has data": make_vehicle(**{**NEVER_SENT, "last_status_at": NOW - HOUR}),
        "cut off": make_vehicle(**{**NEVER_SENT, "integration": "INACTIVE"}),
        "just read": make_vehicle(**{**NEVER_SENT, "read_at": NOW - SLOT / 2}),
        "being read": make_vehicle(**NEVER_SENT, refresh_due_at=NOW + HOUR),
        "reminded later": make_vehicle(**long_ago),
        "ended": make_vehicle(**long_ago),
    }
    for name, state, due_at in [
        ("counter", State.LINK_READY, None),
        ("reminder", State.EMAILED, NOW + HOUR / 2),
        ("reminded later", State.EMAILED, NOW + 5 * HOUR),
        ("ended", State.EXPIRED, None),
    ]:
        Reconnect.objects.create(vehicle=cars[name], state=state, next_work_at=due_at)
    return cars


def due_of(cars: dict[str, Vehicle]) -> set[str]:
    due = set(Vehicle.objects.filter(refresh_due_at__lte=NOW).values_list("pk", flat=True))
    return {name for name, car in cars.items() if car.pk in due}


def request(at_most: int) -> int:
    awaited = [without_first_data(now=NOW), with_link_at_the_counter(), about_to_be_reminded(now=NOW)]
    return request_awaited(awaited=awaited, at_most=at_most, now=NOW)


def test_cars_that_somebody_waits_for_are_read_singly() -> None:
    cars = awaited_cars()

    assert request(at_most=50) == 3
    assert due_of(cars) == {"new", "counter", "reminder"}


def test_no_more_are_read_than_the_slot_has_places() -> None:
    cars = awaited_cars()

    assert request(at_most=2) == 2
    assert due_of(cars) == {"new", "counter"}


def test_the_longest_unread_go_first() -> None:
    owner = make_owner()
    times = [NOW - HOUR, NOW - 5 * HOUR, NOW - 2 * HOUR]
    cars = [make_vehicle(owner=owner, **{**NEVER_SENT, "read_at": read_at}) for read_at in times]

    request(at_most=2)

    assert set(Vehicle.objects.filter(refresh_due_at=NOW)) == {cars[1], cars[2]}


@pytest.mark.parametrize(("pages", "is_read_ahead"), [(90, False), (91, True)])
def test_they_are_read_ahead_only_where_the_sync_is_slower_than_a_slot(
    pages: int, ev_energy_api: EvEnergyApi, *, is_read_ahead: bool
) -> None:
    make_run(SyncState.COMPLETE, pages=pages, began_at=NOW - HOUR, ended_at=NOW - HOUR)
    car = make_vehicle(**NEVER_SENT)
    ev_energy_api.add_problem("GET", "/vehicles", 503)
    ev_energy_api.add_problem("GET", "/vehicles", 503)
    ev_energy_api.add_problem("GET", "/vehicles", 503)

    jobs.sync_vehicles()

    car.refresh_from_db()
    assert (car.refresh_due_at is not None) is is_read_ahead


@pytest.mark.parametrize("cars", [3, 30])
def test_asking_for_them_takes_as_many_queries_for_many_as_for_few(cars: int) -> None:
    owner = make_owner()
    for _ in range(cars):
        make_vehicle(owner=owner, **NEVER_SENT)

    with CaptureQueriesContext(connection) as queries:
        request(at_most=1000)

    assert len(queries) == 4
