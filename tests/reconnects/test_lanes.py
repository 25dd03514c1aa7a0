from datetime import timedelta
from typing import Any

import pytest
import time_machine
from requests import ConnectionError as NoConnection

from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.reconnects.background.lanes import WAKE_UP_EARLY, Lane, run_slice
from onboarding_portal.reconnects.models import (
    A_FEW,
    Batch,
    BatchKind,
    Failure,
    Reconnect,
    ReconnectEvent,
    State,
)
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_staff
from tests.reconnects.rows import LINK, OTHER_LINK, make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

IN_AN_HOUR = "2026-03-14T10:30:00Z"


def queue(count: int, api: EvEnergyApi) -> list[Reconnect]:
    rows = [make_reconnect() for _ in range(count)]
    for row in rows:
        api.add_reconnect_link(row.vehicle_id, address=f"{LINK}?{row.pk}", expires_at=IN_AN_HOUR)
    return rows


def test_each_queued_row_gets_its_own_link(ev_energy_api: EvEnergyApi) -> None:
    rows = queue(5, ev_energy_api)

    assert run_slice(Lane.LINKS) is None

    assert {row.pk: f"{LINK}?{row.pk}" for row in rows} == dict(Reconnect.objects.values_list("pk", "url"))
    assert set(Reconnect.objects.values_list("state", "lease_until")) == {(State.LINK_READY, None)}
    assert len(ev_energy_api.requests) == 5
    assert ReconnectEvent.objects.count() == 5


def test_slice_ends_after_its_time_and_says_to_go_on(ev_energy_api: EvEnergyApi) -> None:
    queue(3, ev_energy_api)

    assert run_slice(Lane.LINKS, seconds=0) == NOW
    assert not ev_energy_api.requests


def test_budget_reserved_for_owners_is_not_touched(ev_energy_api: EvEnergyApi, settings: Any) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1_000_000
    (row,) = queue(1, ev_energy_api)

    go_on_at = run_slice(Lane.LINKS)

    assert go_on_at is not None
    assert not ev_energy_api.requests
    row.refresh_from_db()
    assert (row.state, row.lease_until, row.tries) == (State.QUEUED, None, 0)


def test_work_goes_on_when_the_window_frees_up(ev_energy_api: EvEnergyApi, settings: Any) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 999  # of 1,000: one request a window is left
    queue(2, ev_energy_api)

    go_on_at = run_slice(Lane.LINKS)

    assert len(ev_energy_api.requests) == 1
    assert go_on_at is not None
    hour = timedelta(seconds=settings.EV_ENERGY_RATE_WINDOW_SECONDS)
    assert hour - WAKE_UP_EARLY <= go_on_at - NOW <= hour + timedelta(seconds=30)


def test_few_links_staff_wait_for_are_made_when_background_work_has_used_its_share(
    ev_energy_api: EvEnergyApi, settings: Any
) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 980  # of 1,000: 2 of the rest are staff's
    with priority(Priority.BULK):
        for _ in range(18):
            get_budget().reserve()
    campaign = Batch.objects.create(kind=BatchKind.LINKS)
    for row in queue(A_FEW + 1, ev_energy_api):
        Reconnect.objects.filter(pk=row.pk).update(batch=campaign, next_work_at=NOW - timedelta(hours=1))
    wanted = make_broken_car()
    ev_energy_api.add_reconnect_link(wanted.pk, address=LINK, expires_at=IN_AN_HOUR)
    vehicles = Vehicle.objects.filter(pk=wanted.pk)
    create_batch(vehicles=vehicles, kind=BatchKind.LINKS, by=make_staff(), now=NOW)

    run_slice(Lane.LINKS)

    assert Reconnect.objects.get(url=LINK).vehicle_id == wanted.pk
    assert len(ev_energy_api.requests) == 1


def test_passing_trouble_is_tried_again_in_growing_pauses_and_then_given_up(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    row = make_reconnect()
    ev_energy_api.add_failure("POST", f"/vehicles/{row.vehicle_id}/reconnect", NoConnection())
    pauses = []

    while row.state == State.QUEUED:
        run_slice(Lane.LINKS)
        row.refresh_from_db()
        if row.next_work_at is not None:
            pauses.append((row.next_work_at - NOW).total_seconds())
            clock.move_to(row.next_work_at, tick=False)

    assert pauses == [5, 35, 155, 755, 4_355, 18_755, 61_955]
    assert (row.state, row.failure) == (State.FAILED, Failure.UNAVAILABLE)
    assert row.failure_detail


def test_trouble_that_passes_leaves_no_trace(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    row = make_reconnect()
    path = f"/vehicles/{row.vehicle_id}/reconnect"
    ev_energy_api.add_problem("POST", path, 503, breaks_contract=True)
    ev_energy_api.add_reconnect_link(row.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)

    run_slice(Lane.LINKS)
    clock.shift(timedelta(seconds=5))
    run_slice(Lane.LINKS)

    row.refresh_from_db()
    assert (row.state, row.url, row.failure, row.tries) == (State.LINK_READY, LINK, "", 0)


@pytest.mark.parametrize(
    ("status", "failure"), [(404, Failure.NOT_FOUND), (403, Failure.REFUSED), (400, Failure.REFUSED)]
)
def test_lasting_trouble_fails_at_once_with_ev_energys_reason(
    ev_energy_api: EvEnergyApi, status: int, failure: Failure
) -> None:
    row = make_reconnect()
    ev_energy_api.add_problem(
        "POST", f"/vehicles/{row.vehicle_id}/reconnect", status, title="No", detail="Because"
    )

    run_slice(Lane.LINKS)

    row.refresh_from_db()
    assert (row.state, row.failure, row.failure_detail) == (State.FAILED, failure, "No: Because")
    assert len(ev_energy_api.requests) == 1


def test_long_reason_is_cut(ev_energy_api: EvEnergyApi) -> None:
    row = make_reconnect()
    ev_energy_api.add_problem("POST", f"/vehicles/{row.vehicle_id}/reconnect", 404, detail="x\x00" * 5000)

    run_slice(Lane.LINKS)

    row.refresh_from_db()
    assert row.state == State.FAILED
    assert 100 < len(row.failure_detail) <= 300
    assert "\x00" not in row.failure_detail


def test_being_limited_costs_no_try_and_lets_the_lane_wait(ev_energy_api: EvEnergyApi) -> None:
    row = make_reconnect()
    ev_energy_api.add_problem(
        "POST", f"/vehicles/{row.vehicle_id}/reconnect", 429, headers={"Retry-After": "60"}
    )

    go_on_at = run_slice(Lane.LINKS)

    row.refresh_from_db()
    assert (row.state, row.tries, row.lease_until) == (State.QUEUED, 0, None)
    assert go_on_at is not None
    assert go_on_at >= NOW + timedelta(seconds=58)


def test_vehicle_that_left_meanwhile_costs_no_request(ev_energy_api: EvEnergyApi) -> None:
    row = make_reconnect()
    Vehicle.objects.update(removed_at=NOW)

    run_slice(Lane.LINKS)

    row.refresh_from_db()
    assert (row.state, row.failure) == (State.FAILED, Failure.NOT_CONNECTABLE)
    assert not ev_energy_api.requests


def test_link_of_a_killed_worker_that_lives_after_all_is_thrown_away(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    (row,) = queue(1, ev_energy_api)
    late = Reconnect.objects.filter(pk=row.pk).take_due(now=NOW)
    clock.shift(RECONNECT_LEASE)
    run_slice(Lane.LINKS)
    assert late is not None

    assert not late.try_move(State.LINK_READY, now=NOW, lease=late.lease_until, url=OTHER_LINK)
    assert Reconnect.objects.get().url == f"{LINK}?{row.pk}"
