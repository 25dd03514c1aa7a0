from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from requests import ConnectTimeout

from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.sweep import settle
from onboarding_portal.reconnects.background.watch import send_off
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.reconnects.timetable import REMINDERS, WATCH_STEPS
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.models import NOT_STALE, Integration, StaleReason, Vehicle
from tests.ev_energy_answers import status_log_json, user_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner, make_stale_vehicle
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def answer(
    api: EvEnergyApi, vehicle: Vehicle, *, integrated: str = "INACTIVE", sampled_at: datetime | None = None
) -> None:
    """What ev.energy says of the vehicle from now on."""
    status = None
    if sampled_at is not None:
        moment = sampled_at.isoformat().replace("+00:00", "Z")
        status = status_log_json(vehicle_id=vehicle.pk, sampled_at=moment, logged_at=moment)
    api.add_vehicle(
        vehicle_json(
            id=vehicle.pk,
            user=user_json(id=vehicle.owner.ev_energy_user_id),
            integrated=integrated,
            latest_status_log=status,
        )
    )


def sent_off(**fields: Any) -> Reconnect:
    reconnect = make_reconnect(State.LINK_READY, **fields)
    send_off(reconnect=reconnect, now=NOW, by=None)
    return reconnect


def test_watch_looks_in_growing_steps_and_ends(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    answer(ev_energy_api, reconnect.vehicle)
    looked_after = []

    while reconnect.is_open:
        assert reconnect.next_work_at is not None
        clock.move_to(reconnect.next_work_at, tick=False)
        looked_after.append(reconnect.next_work_at - NOW)
        run_slice(Lane.WATCHES)
        reconnect.refresh_from_db()

    assert looked_after == WATCH_STEPS
    assert len(ev_energy_api.requests) == len(WATCH_STEPS)
    assert reconnect.state == State.EXPIRED


def test_nothing_is_asked_before_it_is_due(ev_energy_api: EvEnergyApi) -> None:
    sent_off()

    run_slice(Lane.WATCHES)

    assert not ev_energy_api.requests


def test_data_newer_than_the_redirect_is_the_proof(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    answer(ev_energy_api, reconnect.vehicle, integrated="ACTIVE", sampled_at=NOW + timedelta(seconds=30))
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    vehicle = Vehicle.objects.get()
    assert reconnect.state == State.RECONNECTED
    assert reconnect.url == ""
    assert (vehicle.stale_since, vehicle.stale_reason) == (None, "")


@pytest.mark.parametrize(
    ("integrated", "sampled_at"),
    [
        ("ACTIVE", NOW - timedelta(minutes=1)),
        ("ACTIVE", NOW),
        ("ACTIVE", None),
        ("INACTIVE", NOW + timedelta(seconds=30)),
    ],
)
def test_anything_less_is_no_proof(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller, integrated: str, sampled_at: datetime | None
) -> None:
    reconnect = sent_off()
    answer(ev_energy_api, reconnect.vehicle, integrated=integrated, sampled_at=sampled_at)
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.checks_done) == (State.REDIRECTED, 1)


def test_worker_that_ends_before_the_mark_is_lifted_has_not_ended_the_reconnect(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off(vehicle=make_stale_vehicle(StaleReason.MARKED_BY_STAFF))
    answer(ev_energy_api, reconnect.vehicle, integrated="ACTIVE", sampled_at=NOW + timedelta(seconds=30))
    clock.shift(timedelta(minutes=1))

    def end_at_the_mark(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "vehicles_vehicle" in sql and '"stale_since" = ' in sql:
            raise SystemExit
        return execute(sql, *rest)

    with connection.execute_wrapper(end_at_the_mark), pytest.raises(SystemExit):
        run_slice(Lane.WATCHES)
    clock.shift(RECONNECT_LEASE)
    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert reconnect.state == State.RECONNECTED
    assert not Vehicle.objects.get().is_stale


def test_repair_lifts_staffs_mark(ev_energy_api: EvEnergyApi, clock: time_machine.Traveller) -> None:
    reconnect = sent_off(vehicle=make_stale_vehicle(StaleReason.MARKED_BY_STAFF))
    answer(ev_energy_api, reconnect.vehicle, integrated="ACTIVE", sampled_at=NOW + timedelta(seconds=30))
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    assert not Vehicle.objects.get().is_stale


def test_what_a_sync_stored_is_proof_without_a_request(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=NOW + timedelta(seconds=5))
    clock.shift(timedelta(seconds=20))

    settle(now=NOW + timedelta(seconds=20))
    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert reconnect.state == State.RECONNECTED
    assert not ev_energy_api.requests


def test_ev_energy_down_costs_a_look_and_no_more(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    ev_energy_api.add_failure("GET", f"/vehicles/{reconnect.vehicle_id}", ConnectTimeout())
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.next_work_at) == (State.REDIRECTED, NOW + WATCH_STEPS[1])
    assert reconnect.lease_until is None


def test_vehicle_ev_energy_lost_ends_the_watch(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    ev_energy_api.add_problem("GET", f"/vehicles/{reconnect.vehicle_id}", 404)
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert reconnect.state == State.CANCELLED


def test_vehicle_that_ev_energy_gives_to_another_is_left_to_the_sync(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off()
    answer(ev_energy_api, Vehicle(pk=reconnect.vehicle_id, owner=make_owner()), integrated="ACTIVE")
    clock.shift(timedelta(minutes=1))

    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.next_work_at) == (State.REDIRECTED, NOW + WATCH_STEPS[1])


def test_going_again_begins_the_watch_anew(clock: time_machine.Traveller) -> None:
    reconnect = sent_off()
    later = NOW + timedelta(hours=2)

    send_off(reconnect=reconnect, now=later, by=None)

    reconnect.refresh_from_db()
    assert (reconnect.redirected_at, reconnect.next_work_at) == (later, later + WATCH_STEPS[0])


def test_after_the_watch_an_e_mailed_reconnect_waits_for_its_owner_again(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = sent_off(
        wants_email=True, emailed_at=NOW - timedelta(hours=1), lasting_until=NOW + timedelta(days=14)
    )
    answer(ev_energy_api, reconnect.vehicle)
    for step in WATCH_STEPS:
        clock.move_to(NOW + step, tick=False)
        run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.emailed_at) == (State.EMAILED, NOW - timedelta(hours=1))
    assert reconnect.next_work_at == NOW - timedelta(hours=1) + REMINDERS[0]
    assert len(ev_energy_api.requests) == len(WATCH_STEPS)


@pytest.mark.parametrize("state", [State.EMAILED, State.OPENED])
def test_data_that_comes_after_the_watch_finishes_the_reconnect_and_costs_nothing(
    ev_energy_api: EvEnergyApi, state: State
) -> None:
    reconnect = make_reconnect(state, redirected_at=NOW - timedelta(days=3))
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=NOW - timedelta(minutes=5))

    settle(now=NOW)
    run_slice(Lane.WATCHES)

    reconnect.refresh_from_db()
    assert reconnect.state == State.RECONNECTED
    assert Vehicle.objects.get().stale_since is None
    assert not ev_energy_api.requests


@pytest.mark.parametrize("state", [State.QUEUED, State.EMAILED, State.OPENED])
def test_car_that_came_back_by_itself_ends_the_asking(state: State) -> None:
    reconnect = make_reconnect(state)
    Vehicle.objects.update(integration=Integration.ACTIVE, **NOT_STALE)

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert reconnect.state == State.CANCELLED


def test_link_used_at_the_counter_counts_as_reconnected() -> None:
    reconnect = make_reconnect(State.LINK_READY, link_made_at=NOW - timedelta(minutes=5))
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=NOW, **NOT_STALE)

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.RECONNECTED, "")


@pytest.mark.parametrize(
    "fields", [{"removed_at": NOW}, {"is_disabled": True}, {"connected_at": NOW}], ids=str
)
@pytest.mark.parametrize(
    "state", [State.QUEUED, State.LINK_READY, State.EMAILED, State.OPENED, State.REDIRECTED]
)
def test_car_that_left_ends_every_open_reconnect(state: State, fields: dict[str, Any]) -> None:
    reconnect = make_reconnect(state)
    Vehicle.objects.update(**fields)

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert reconnect.state == State.CANCELLED


@pytest.mark.parametrize(
    "state", [State.QUEUED, State.LINK_READY, State.EMAILED, State.OPENED, State.REDIRECTED]
)
def test_sweep_leaves_alone_what_waits_for_the_owner(state: State) -> None:
    reconnect = make_reconnect(state, vehicle=make_broken_car(), next_work_at=NOW + timedelta(minutes=1))

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert reconnect.state == state


def test_unused_link_expires_and_is_forgotten() -> None:
    reconnect = make_reconnect(State.LINK_READY, expires_at=NOW, next_work_at=NOW)

    settle(now=NOW)
    settle(now=NOW)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.EXPIRED, "")
    assert reconnect.events.count() == 1


@pytest.mark.parametrize("state", [State.EMAILED, State.OPENED])
def test_unopened_link_of_an_e_mail_expires(state: State) -> None:
    reconnect = make_reconnect(state, lasting_until=NOW, next_work_at=NOW)

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert reconnect.state == State.EXPIRED


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": NOW}, {"expires_at": None, "link_made_at": NOW - timedelta(hours=1)}],
    ids=["stated", "unstated"],
)
def test_dead_link_is_forgotten_while_the_reconnect_goes_on(fields: dict[str, Any]) -> None:
    reconnect = make_reconnect(State.OPENED, url=LINK, next_work_at=NOW + timedelta(days=1), **fields)

    settle(now=NOW)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.OPENED, "")
