"""ev.energy is slow and others wait for it already: the background makes the link, and the owner's page says so."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import Failure, Reconnect, State
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner
from tests.reconnects.rows import LINK, OTHER_LINK, make_broken_car, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "no_turn_is_free")]

IN_AN_HOUR = "2026-03-14T10:30:00Z"
PREPARING, READY = "We are preparing your way to Volvo", "The way to Volvo is ready"


@pytest.fixture
def owner(client: Client) -> User:
    owner = make_owner()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return owner


def press(client: Client, path: str) -> str:
    """The page the press leads to."""
    answer = client.post(path)
    assert answer.status_code == 302
    return client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("state", [None, State.EMAILED, State.OPENED, State.REDIRECTED, State.LINK_READY])
def test_link_is_made_in_the_background_and_the_next_press_takes_it(
    client: Client,
    owner: User,
    ev_energy_api: EvEnergyApi,
    clock: time_machine.Traveller,
    state: State | None,
) -> None:
    car = make_broken_car(owner=owner)
    if state:
        make_reconnect(state, vehicle=car, created_at=NOW, link_made_at=NOW - timedelta(minutes=5))
    page = reverse("reconnects:start", args=[car.pk])

    shown = [press(client, page) for _ in range(3)]

    assert [PREPARING in each and "data-looks-again=" in each for each in shown] == [True] * 3
    assert ev_energy_api.requests == []
    assert Reconnect.objects.count() == DBTaskResult.objects.filter(status="READY").count() - 1 == 1

    ev_energy_api.add_reconnect_link(car.pk, address=OTHER_LINK, expires_at=IN_AN_HOUR)
    run_slice(Lane.WAYS)
    clock.shift(timedelta(minutes=5))

    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    ready = client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()
    assert READY in ready
    assert page in ready
    assert client.post(page)["Location"] == OTHER_LINK
    assert len(ev_energy_api.requests) == 1
    reconnect = Reconnect.objects.get()
    assert (reconnect.state, reconnect.link_wanted_at) == (State.REDIRECTED, None)


def test_by_the_link_in_an_e_mail_it_is_the_same(client: Client, ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed(vehicle=make_broken_car(), lasting_until=NOW + timedelta(days=1))
    page = reverse("reconnects:lasting", args=[token])
    client.get(page)  # leaves the sign of a person

    assert PREPARING in press(client, page)
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)
    run_slice(Lane.WAYS)

    assert READY in client.get(page).content.decode()
    assert client.post(page)["Location"] == LINK


def test_lost_task_is_made_up_for_by_the_sweep(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    car = make_broken_car(owner=owner)
    press(client, reverse("reconnects:start", args=[car.pk]))
    DBTaskResult.objects.all().delete()

    sweep_reconnects()

    names = {path.rpartition(".")[2] for path in DBTaskResult.objects.values_list("task_path", flat=True)}
    assert "prepare_ways" in names


def test_what_passes_is_tried_again_and_given_up_in_the_end(
    client: Client, owner: User, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    car = make_broken_car(owner=owner)
    ev_energy_api.add_problem("POST", f"/vehicles/{car.pk}/reconnect", 503, breaks_contract=True)
    press(client, reverse("reconnects:start", args=[car.pk]))

    for _ in range(5):
        run_slice(Lane.WAYS)
        wanted_at = Reconnect.objects.get().link_wanted_at
        clock.move_to(wanted_at or NOW)

    reconnect = Reconnect.objects.get()
    assert len(ev_energy_api.requests) == 5
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.UNAVAILABLE)
    assert reconnect.link_wanted_at is None


def test_what_is_refused_for_good_is_told_on_the_cars_page(
    client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    car = make_broken_car(owner=owner)
    ev_energy_api.add_problem("POST", f"/vehicles/{car.pk}/reconnect", 404)
    press(client, reverse("reconnects:start", args=[car.pk]))

    run_slice(Lane.WAYS)

    page = client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()
    assert "ev.energy no longer knows this car" in page
