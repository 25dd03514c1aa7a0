import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from requests import ConnectTimeout

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.tasks import watch_vehicles
from onboarding_portal.reconnects.models import Failure, Reconnect, State
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_id, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import LINK, OTHER_LINK, make_broken_car, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

IN_AN_HOUR = "2026-03-14T10:30:00Z"


@pytest.fixture
def owner(client: Client) -> User:
    owner = make_owner()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return owner


def start_url(vehicle: Vehicle) -> str:
    return reverse("reconnects:start", args=[vehicle.pk])


def test_owner_is_sent_to_the_manufacturer(client: Client, owner: User, ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)

    response = client.post(start_url(vehicle))

    assert (response.status_code, response["Location"]) == (302, LINK)
    reconnect = Reconnect.objects.get()
    assert (reconnect.state, reconnect.redirected_at, reconnect.requested_by) == (
        State.REDIRECTED,
        NOW,
        owner,
    )
    assert list(reconnect.events.order_by("pk").values_list("state", "by")) == [
        (State.LINK_READY, owner.pk),
        (State.REDIRECTED, owner.pk),
    ]


def test_first_look_is_due_a_minute_after_the_redirect(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)

    client.post(start_url(vehicle))
    client.post(start_url(vehicle))

    due = set(DBTaskResult.objects.values_list("task_path", "run_after"))
    assert due == {(watch_vehicles.module_path, NOW + timedelta(minutes=1))}


def test_double_click_goes_to_the_same_link(client: Client, owner: User, ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)

    locations = [client.post(start_url(vehicle))["Location"] for _ in range(3)]

    assert locations == [LINK] * 3
    assert len(ev_energy_api.requests) == 1
    assert Reconnect.objects.count() == 1


def test_click_goes_on_with_what_staff_began(client: Client, owner: User, ev_energy_api: EvEnergyApi) -> None:
    reconnect, _ = make_emailed(vehicle=make_broken_car(owner=owner))
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)

    client.post(start_url(reconnect.vehicle))

    assert Reconnect.objects.get().state == State.REDIRECTED


def test_each_later_click_gets_a_link_that_nobody_has_opened(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    vehicle = make_broken_car(owner=owner)
    links = [f"{LINK}{number}" for number in range(3)]
    for link in links:
        ev_energy_api.add_reconnect_link(vehicle.pk, address=link, expires_at=IN_AN_HOUR)

    locations = []
    for _ in links:
        locations.append(client.post(start_url(vehicle))["Location"])
        clock.shift(timedelta(seconds=11))

    assert locations == links


def test_click_leaves_the_link_at_the_counter_alone_and_gets_its_own(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    reconnect = make_reconnect(
        State.LINK_READY,
        vehicle=make_broken_car(owner=owner),
        link_made_at=NOW - timedelta(minutes=5),
    )
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=OTHER_LINK, expires_at=IN_AN_HOUR)

    assert client.post(start_url(reconnect.vehicle))["Location"] == OTHER_LINK


def test_failed_click_can_be_followed_by_another(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_broken_car(owner=owner)
    path = f"/vehicles/{vehicle.pk}/reconnect"
    ev_energy_api.add_failure("POST", path, ConnectTimeout())
    client.post(start_url(vehicle))
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_reconnect_link(vehicle.pk, address=OTHER_LINK, expires_at=IN_AN_HOUR)

    response = client.post(start_url(vehicle))

    assert response["Location"] == OTHER_LINK
    assert sorted(Reconnect.objects.values_list("state", flat=True)) == [State.FAILED, State.REDIRECTED]


def test_vehicle_of_another_owner_is_not_found(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    response = client.post(start_url(make_broken_car()))

    assert response.status_code == 404
    assert not Reconnect.objects.exists()
    assert not ev_energy_api.requests


def test_staff_cannot_reconnect_an_owners_vehicle_by_the_button(client: Client) -> None:
    client.force_login(
        make_owner(is_staff=True, is_superuser=True), backend="django.contrib.auth.backends.ModelBackend"
    )

    assert client.post(start_url(make_broken_car())).status_code == 404


@pytest.mark.parametrize(
    "vehicle_id", ["vhcl", make_id("user"), "vhcl" + "a" * 26, "vhcl%00" + "0" * 25, "../admin"]
)
def test_id_of_another_shape_is_not_found(client: Client, owner: User, vehicle_id: str) -> None:
    assert client.post(f"/vehicles/{vehicle_id}/reconnect/").status_code == 404


def test_who_is_not_signed_in_signs_in_first(client: Client, ev_energy_api: EvEnergyApi) -> None:
    vehicle = make_broken_car()

    response = client.post(start_url(vehicle))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
    assert not ev_energy_api.requests


def test_form_of_another_site_is_refused(owner: User, ev_energy_api: EvEnergyApi) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    assert strict.post(start_url(make_broken_car(owner=owner))).status_code == 403
    assert not ev_energy_api.requests


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_leads_to_the_vehicle_and_changes_nothing(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, method: str
) -> None:
    vehicle = make_broken_car(owner=owner)

    response = getattr(client, method)(start_url(vehicle))

    assert response["Location"] == reverse("vehicles:detail", args=[vehicle.pk])
    assert not Reconnect.objects.exists()
    assert not ev_energy_api.requests


def test_working_vehicle_is_left_alone(client: Client, owner: User, ev_energy_api: EvEnergyApi) -> None:
    response = client.post(start_url(make_vehicle(owner=owner)), follow=True)

    assert "Your car is connected." in response.content.decode()
    assert not Reconnect.objects.exists()
    assert not ev_energy_api.requests


@pytest.mark.parametrize("reason", StaleReason)
def test_each_kind_of_stale_vehicle_can_be_reconnected(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, reason: StaleReason
) -> None:
    vehicle = make_stale_vehicle(reason, owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)

    assert client.post(start_url(vehicle))["Location"] == LINK


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"is_disabled": True}, 409),
        ({"integration": Integration.UNINTEGRATED}, 409),
        ({"removed_at": NOW}, 404),
    ],
)
def test_vehicle_that_cannot_be_connected_says_so(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, fields: dict[str, Any], status: int
) -> None:
    vehicle = make_vehicle(owner=owner, **fields)

    assert client.post(start_url(vehicle)).status_code == status
    assert not Reconnect.objects.exists()
    assert not ev_energy_api.requests


@pytest.mark.parametrize(
    ("status", "shown", "words"),
    [
        (503, 503, "We can’t reach ev.energy right now"),
        (429, 503, "try again in 2 minutes"),
        (404, 410, "no longer knows this car"),
        (410, 410, "no longer knows this car"),
        (409, 409, "takes no new sign-in for this car at the moment"),
        (422, 422, "can’t reconnect this car the way it was connected"),
        (400, 502, "we send you nowhere"),
        (403, 502, "we send you nowhere"),
    ],
)
def test_failure_says_what_to_do(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, status: int, shown: int, words: str
) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_problem(
        "POST",
        f"/vehicles/{vehicle.pk}/reconnect",
        status,
        headers={"Retry-After": "100"},
        breaks_contract=status in {409, 410, 422, 503},
    )

    response = client.post(start_url(vehicle))

    assert response.status_code == shown
    assert words in response.content.decode()
    assert reverse("vehicles:detail", args=[vehicle.pk]) in response.content.decode()


@pytest.mark.parametrize(
    ("status", "words", "shown_for"),
    [
        (404, "ev.energy no longer knows this car.", timedelta(days=30)),
        (422, "can’t reconnect this car the way it was connected.", timedelta(days=30)),
        (409, "takes no new sign-in for this car at the moment.", timedelta(minutes=59)),
    ],
)
def test_what_ev_energy_refuses_is_not_offered_again(
    client: Client,
    owner: User,
    ev_energy_api: EvEnergyApi,
    clock: time_machine.Traveller,
    status: int,
    words: str,
    shown_for: timedelta,
) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_problem(
        "POST", f"/vehicles/{vehicle.pk}/reconnect", status, breaks_contract=status != 404
    )
    client.post(start_url(vehicle))
    clock.shift(shown_for)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("vehicles:detail", args=[vehicle.pk])).content.decode()
    the_list = client.get(reverse("vehicles:list")).content.decode()

    assert words in page
    assert start_url(vehicle) not in page
    assert start_url(vehicle) not in the_list
    assert ("Connect it as a new car" in page) == (status != 409)


def test_an_hour_after_a_conflict_the_button_is_back(
    client: Client, owner: User, clock: time_machine.Traveller
) -> None:
    vehicle = make_broken_car(owner=owner)
    make_reconnect(State.FAILED, vehicle=vehicle, failure=Failure.CONFLICT, ended_at=NOW)
    clock.shift(timedelta(minutes=61))

    assert start_url(vehicle) in client.get(reverse("vehicles:detail", args=[vehicle.pk])).content.decode()


def test_vehicle_that_was_never_integrated_says_so(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_broken_car(owner=owner)
    problem = "https://docs.ev.energy/problems/vehicle-not-integrated"
    ev_energy_api.add_problem("POST", f"/vehicles/{vehicle.pk}/reconnect", 400, type=problem)

    assert "the way it was connected" in client.post(start_url(vehicle)).content.decode()


def test_foreign_link_sends_the_owner_nowhere(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address="https://ev.energy.evil.example/start")

    response = client.post(start_url(vehicle))

    assert response.status_code == 502
    assert "evil.example" not in response.content.decode()
    assert Reconnect.objects.get().failure == Failure.FOREIGN_LINK


def test_click_while_another_is_being_served_asks_for_patience(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onboarding_portal.reconnects.link.make_link.PATIENCE_SECONDS", 0.1)
    reconnect = make_reconnect(vehicle=make_broken_car(owner=owner), lease_until=NOW + timedelta(seconds=20))

    response = client.post(start_url(reconnect.vehicle))

    assert response.status_code == 503
    assert "being prepared already" in response.content.decode()
    assert not ev_energy_api.requests


def test_link_reaches_no_log(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, caplog: pytest.LogCaptureFixture
) -> None:
    vehicle = make_broken_car(owner=owner)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)

    with caplog.at_level(logging.DEBUG):
        client.post(start_url(vehicle))

    assert "56091b3b" not in caplog.text
    assert owner.email not in caplog.text
