"""Real threads on a real PostgreSQL: who acts at the same moment ends with one result."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
import responses
from django.core import mail
from django.db import connection
from django.utils import timezone

from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.mailed.lasting_link import find_link
from onboarding_portal.reconnects.models import BatchKind, Reconnect, ReconnectEvent, State, WrongState
from onboarding_portal.reconnects.owner.leaving import follow, start_reconnect
from onboarding_portal.reconnects.staff import batches
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_staff
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

T = TypeVar("T")

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
]

THREADS = 6


def at_once(act: Callable[[], T], *, threads: int = THREADS) -> list[T | Exception]:
    """What each of the threads got that did `act` at the same moment."""
    barrier = Barrier(threads)

    def run() -> T | Exception:
        try:
            barrier.wait()
            return act()
        except (WrongState, ValueError) as error:
            return error
        finally:
            forget_client()
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(threads)]]


def slow_links(api: EvEnergyApi, *vehicle_ids: str) -> None:
    """Each request gets a link of its own, after a moment in which others can act."""
    made = iter(range(1, 1000))

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        time.sleep(0.05)
        link = f"https://app.ev.energy/vehicle-onboarding/start/{next(made)}"
        return 201, {}, f'{{"url": "{link}", "expires_at": "2999-01-01T00:00:00Z"}}'

    for vehicle_id in vehicle_ids:
        address = f"https://api.ev.energy/v2/vehicles/{vehicle_id}/reconnect"
        api.mock.add_callback(responses.POST, address, answer, content_type="application/json")


def test_clicks_at_once_end_in_one_link(ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_broken_car()
    slow_links(ev_energy_api, vehicle.pk)

    urls = at_once(
        lambda: (
            start_reconnect(vehicle=vehicle, owner=vehicle.owner, client=get_client(), now=timezone.now()).url
        )
    )

    assert len(set(urls)) == 1
    assert len(ev_energy_api.requests) == 1
    assert Reconnect.objects.get().url == urls[0]


def test_e_mailed_link_opened_on_many_devices_at_once_makes_one_link(ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    slow_links(ev_energy_api, reconnect.vehicle_id)

    urls = at_once(lambda: follow(link=find_link(token=token), client=get_client(), now=timezone.now()).url)

    assert len(set(urls)) == 1
    assert len(ev_energy_api.requests) == 1
    assert ReconnectEvent.objects.filter(state=State.OPENED).count() == 1


def test_workers_at_once_make_one_link_for_each_row(ev_energy_api: EvEnergyApi) -> None:
    rows = [make_reconnect(next_work_at=timezone.now()) for _ in range(20)]
    slow_links(ev_energy_api, *(row.vehicle_id for row in rows))

    at_once(lambda: run_slice(Lane.LINKS), threads=4)

    asked = [request.url for request in ev_energy_api.requests]
    assert len(asked) == len(set(asked)) == len(rows)
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.LINK_READY}
    assert ReconnectEvent.objects.count() == len(rows)


def test_workers_at_once_send_each_owner_one_e_mail() -> None:
    owners = [make_owner() for _ in range(5)]
    for owner in owners * 6:
        make_reconnect(vehicle=make_broken_car(owner=owner), wants_email=True, next_work_at=timezone.now())

    at_once(lambda: run_slice(Lane.MAILS), threads=4)

    assert sorted(message.to[0] for message in mail.outbox) == sorted(owner.email for owner in owners)
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.EMAILED}


def test_one_of_many_moves_wins() -> None:
    pk = make_reconnect(State.EMAILED).pk

    results = at_once(lambda: Reconnect.objects.get(pk=pk).move(State.OPENED, now=timezone.now()))

    assert sum(result is None for result in results) == 1
    assert ReconnectEvent.objects.count() == 1


def test_one_of_many_leases_wins() -> None:
    pk = make_reconnect().pk

    leases = at_once(lambda: Reconnect.objects.filter(pk=pk).take_lease(now=timezone.now()))

    assert sum(lease is not None for lease in leases) == 1


def test_batches_at_once_share_the_vehicles() -> None:
    vehicles = {make_broken_car().pk for _ in range(30)}
    staff = make_staff()

    at_once(
        lambda: batches.create_batch(
            vehicles=Vehicle.objects.all(), kind=BatchKind.LINKS, by=staff, now=timezone.now(), chunk=7
        ),
        threads=3,
    )

    assert sorted(Reconnect.objects.open().values_list("vehicle", flat=True)) == sorted(vehicles)


def test_sweeps_at_once_settle_each_row_once() -> None:
    rows = [make_reconnect(State.LINK_READY, next_work_at=timezone.now()) for _ in range(20)]

    at_once(tasks.sweep_reconnects)

    assert Reconnect.objects.filter(state=State.EXPIRED).count() == len(rows)
    assert ReconnectEvent.objects.count() == len(rows)
