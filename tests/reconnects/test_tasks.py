"""The lanes as tasks, carried out by a worker as in life, and what the sweep makes of what a killed one left."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.timing import RECONNECT_LEASE
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.reconnects.rows import LINK, make_reconnect
from tests.tasks import run_tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


def queue(count: int, api: EvEnergyApi) -> list[Reconnect]:
    rows = [make_reconnect() for _ in range(count)]
    for row in rows:
        api.add_reconnect_link(row.vehicle_id, address=f"{LINK}?{row.pk}", expires_at="2026-03-14T10:30:00Z")
    return rows


def test_worker_killed_while_asking_leaves_work_for_the_next(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    (row,) = queue(1, ev_energy_api)
    claimed = Reconnect.objects.filter(pk=row.pk).take_due(now=NOW)
    assert claimed is not None

    run_slice(Lane.LINKS)
    assert not ev_energy_api.requests  # somebody may still be at it
    clock.shift(RECONNECT_LEASE)
    tasks.sweep_reconnects()
    run_tasks()

    row.refresh_from_db()
    assert (row.state, row.url) == (State.LINK_READY, f"{LINK}?{row.pk}")
    assert row.events.count() == 1


def test_rows_without_a_task_are_found_by_the_sweep(ev_energy_api: EvEnergyApi) -> None:
    queue(3, ev_energy_api)

    tasks.sweep_reconnects()
    run_tasks()

    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.LINK_READY}


def test_sweep_without_work_starts_nothing() -> None:
    make_reconnect(State.EMAILED, next_work_at=NOW + timedelta(days=1))

    tasks.sweep_reconnects()

    assert not DBTaskResult.objects.exists()


def test_many_sweeps_start_a_lane_once(ev_energy_api: EvEnergyApi) -> None:
    queue(3, ev_energy_api)
    tasks.sweep_reconnects()
    started = DBTaskResult.objects.count()

    for _ in range(3):
        tasks.sweep_reconnects()

    assert DBTaskResult.objects.count() == started == 4


def test_task_of_a_dead_worker_does_not_block_its_lane(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    queue(1, ev_energy_api)
    tasks.sweep_reconnects()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=NOW)
    tasks.sweep_reconnects()
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.READY).exists()

    clock.shift(timedelta(minutes=2))
    tasks.sweep_reconnects()
    run_tasks_left_by_the_dead()

    assert Reconnect.objects.get().state == State.LINK_READY


def test_too_many_tasks_of_a_lane_end_by_themselves(ev_energy_api: EvEnergyApi, settings: Any) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1_000_000
    queue(1, ev_energy_api)
    for _ in range(12):
        tasks.make_links.enqueue()

    run_tasks()

    assert DBTaskResult.objects.filter(status=TaskResultStatus.READY).count() == 4


def test_task_that_runs_twice_does_no_harm(ev_energy_api: EvEnergyApi) -> None:
    queue(2, ev_energy_api)
    tasks.make_links.enqueue()
    tasks.make_links.enqueue()

    run_tasks()

    assert len(ev_energy_api.requests) == 2


def test_lanes_that_owners_wait_for_go_first() -> None:
    assert tasks.watch_vehicles.priority > tasks.send_mails.priority > tasks.make_links.priority


def run_tasks_left_by_the_dead() -> None:
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).count()
    run_tasks()
    assert DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).count() == running
