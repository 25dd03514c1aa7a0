from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import NOT_STALE, Cause, Integration, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

REFRESH = "data-looks-again="


def page_of(client: Client, vehicle: Vehicle) -> str:
    client.force_login(vehicle.owner, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse("vehicles:detail", args=[vehicle.pk])).content.decode()


def test_waiting_page_says_what_was_done_and_when_it_looks_again(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    redirected_at = NOW - timedelta(minutes=3)
    reconnect = make_reconnect(
        State.REDIRECTED,
        vehicle=make_broken_car(cause=Cause.SIGN_IN_EXPIRED),
        redirected_at=redirected_at,
        next_work_at=NOW + timedelta(minutes=2),
    )

    page = page_of(client, reconnect.vehicle)

    assert "We sent you to Volvo today at 09:27." in page
    assert "We look again today at 09:32." in page
    assert REFRESH in page
    assert "Connection lost" not in page
    assert "Waiting for new data" in page
    assert "Did not get to the end there?" in page
    assert "has expired" not in page  # what was wrong before the owner signed in again
    assert reverse("reconnects:start", args=[reconnect.vehicle_id]) in page
    assert not ev_energy_api.requests


def test_the_list_asks_for_no_reconnect_that_is_under_way(client: Client) -> None:
    sent_off = make_reconnect(State.REDIRECTED, next_work_at=NOW + timedelta(minutes=2)).vehicle
    lost = make_broken_car(cause=Cause.SIGN_IN_EXPIRED, owner=sent_off.owner)
    client.force_login(lost.owner, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("vehicles:list")).content.decode()

    assert page.count("We are waiting for new data from your car.") == 1
    assert (
        page.count(f'href="{reverse("vehicles:detail", args=[sent_off.pk])}"') == 2
    )  # its name, and the way on
    assert reverse("reconnects:start", args=[lost.pk]) in page
    assert reverse("reconnects:start", args=[sent_off.pk]) not in page


def test_page_stops_refreshing_itself_after_a_while(client: Client) -> None:
    reconnect = make_reconnect(
        State.REDIRECTED,
        redirected_at=NOW - timedelta(minutes=15),
        next_work_at=NOW + timedelta(minutes=15),
    )

    page = page_of(client, reconnect.vehicle)

    assert REFRESH not in page
    assert "We write to you when it is back." in page


def test_page_promises_no_look_in_the_past(client: Client) -> None:
    reconnect = make_reconnect(State.REDIRECTED, next_work_at=NOW - timedelta(seconds=5))

    assert "We are looking right now." in page_of(client, reconnect.vehicle)


def test_page_says_when_data_came_in(client: Client) -> None:
    reconnect = make_reconnect(State.RECONNECTED)
    Vehicle.objects.update(
        integration=Integration.ACTIVE, last_status_at=NOW - timedelta(minutes=1), **NOT_STALE
    )

    page = page_of(client, Vehicle.objects.get(pk=reconnect.vehicle_id))

    assert "Your car is back." in page
    assert "We received data today at 09:29." in page
    assert REFRESH not in page


def test_page_says_when_nothing_came(client: Client) -> None:
    reconnect = make_reconnect(State.EXPIRED, redirected_at=NOW - timedelta(days=1))

    assert "no data has come since" in page_of(client, reconnect.vehicle)


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (State.QUEUED, {}),
        (State.EMAILED, {}),
        (State.EXPIRED, {}),
        (State.CANCELLED, {}),
        (State.EXPIRED, {"redirected_at": NOW, "ended_at": NOW - timedelta(days=4)}),
    ],
)
def test_page_is_silent_about_what_the_owner_did_not_do_or_long_ago(
    client: Client, state: State, fields: dict[str, Any]
) -> None:
    reconnect = make_reconnect(state, vehicle=make_broken_car(), **fields)

    page = page_of(client, reconnect.vehicle)

    assert "We sent you" not in page
    assert REFRESH not in page
