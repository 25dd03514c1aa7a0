"""An owner disconnects a car, or removes it: what was asked is kept until it is done, and said as it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.erasing import THEMSELVES, erase
from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.reconnects.models import BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff.batch_plan import plan_batch
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.letting_go import ask, let_cars_go
from onboarding_portal.vehicles.models import CarToErase, Leaving, Vehicle
from onboarding_portal.vehicles.store import store_page
from tests.ev_energy_answers import url, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import make_broken_car, make_emailed
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db


def signed_in(car: Vehicle) -> Client:
    client = Client()
    client.force_login(car.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(name: str, car: Vehicle) -> str:
    return reverse(f"vehicles:{name}", args=[car.pk])


def answers(api: EvEnergyApi, car: Vehicle) -> None:
    """ev.energy does what it is asked."""
    told = {**vehicle_json(id=car.pk), "user": url(f"/users/{car.owner.ev_energy_user_id}")}
    api.add("GET", f"/vehicles/{car.pk}", json=told)
    api.add("POST", f"/vehicles/{car.pk}/disconnect", json={**told, "integrated": "INACTIVE"})
    api.add("DELETE", f"/vehicles/{car.pk}", json={"remaining_car_count": 0})


def methods(api: EvEnergyApi) -> list[str]:
    return [each.method for each in api.requests]


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))


def ask_for(wish: Leaving, car: Vehicle) -> Vehicle:
    assert ask(vehicle=car, wish=wish, owner=car.owner, now=NOW)
    return car


def work(*, after: timedelta = timedelta(0)) -> None:
    let_cars_go(client=get_client(), clock=lambda: NOW + after)


@pytest.mark.parametrize("name", ["disconnect", "remove"])
def test_looking_at_the_page_says_what_it_means_and_changes_nothing(
    name: str, ev_energy_api: EvEnergyApi
) -> None:
    car = make_vehicle(make=make_make())

    text = signed_in(car).get(page(name, car)).content.decode()

    car.refresh_from_db()
    assert "no longer starts or stops its charging" in text
    assert (car.leaving, methods(ev_energy_api)) == ("", [])


def test_a_car_is_disconnected_while_its_owner_waits(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle()
    answers(ev_energy_api, car)

    text = signed_in(car).post(page("disconnect", car), follow=True).content.decode()

    car.refresh_from_db()
    assert methods(ev_energy_api) == ["GET", "POST"]
    assert (car.leaving, car.integration, car.leaving_due_at) == ("DISCONNECTED", "INACTIVE", None)
    assert "You have disconnected this car" in text
    assert "Connect it again" in text
    assert acts() == ["vehicles.disconnect_asked", "vehicles.disconnected"]
    assert AuditEntry.objects.about_owner(car.owner_id).filter(actor_kind="OWNER").count() == 1


def test_a_car_is_removed_while_its_owner_waits(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle()
    answers(ev_energy_api, car)
    client = signed_in(car)

    text = client.post(page("remove", car), follow=True).content.decode()
    again = client.post(page("remove", car))

    car.refresh_from_db()
    assert methods(ev_energy_api) == ["GET", "DELETE"]
    assert car.removed_at is not None
    assert car.leaving == ""
    assert "The car is removed." in text
    assert again["Location"] == reverse("vehicles:list")
    assert client.get(page("detail", car)).status_code == 404
    assert acts() == ["vehicles.remove_asked", "vehicles.removed"]


def down(api: EvEnergyApi, path: str) -> None:
    api.add_problem("GET", path, 503, breaks_contract=True)


def out_of_reach(api: EvEnergyApi, path: str) -> None:
    api.add_failure("GET", path, requests.ConnectionError())


def limited(api: EvEnergyApi, path: str) -> None:
    api.add_problem("GET", path, 429, headers={"Retry-After": "60"})


def forbidden(api: EvEnergyApi, path: str) -> None:
    api.add_problem("GET", path, 403)


@pytest.mark.parametrize("trouble", [down, out_of_reach, limited, forbidden])
@pytest.mark.parametrize("name", ["disconnect", "remove"])
def test_what_ev_energy_cannot_do_now_is_done_later(
    name: str, trouble: Callable[[EvEnergyApi, str], None], ev_energy_api: EvEnergyApi
) -> None:
    car = make_vehicle()
    trouble(ev_energy_api, f"/vehicles/{car.pk}")

    text = signed_in(car).post(page(name, car), follow=True).content.decode()

    assert "We keep trying" in text
    car.refresh_from_db()
    assert car.leaving_due_at is not None
    cache.clear()  # what ev.energy said about its limit
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    answers(ev_energy_api, car)
    let_cars_go(client=get_client(), clock=lambda: car.leaving_due_at + timedelta(minutes=1))  # type: ignore[operator]  # it was asked for
    car.refresh_from_db()
    assert (car.leaving == "DISCONNECTED") == (name == "disconnect")
    assert (car.removed_at is not None) == (name == "remove")


@pytest.mark.parametrize("wish", [Leaving.DISCONNECTING, Leaving.REMOVING])
def test_a_car_ev_energy_has_no_more_is_gone(wish: Leaving, ev_energy_api: EvEnergyApi) -> None:
    car = ask_for(wish, make_vehicle())
    ev_energy_api.add_problem("GET", f"/vehicles/{car.pk}", 404)

    work()

    car.refresh_from_db()
    assert car.removed_at == NOW


def test_a_car_that_was_sold_is_left_alone(ev_energy_api: EvEnergyApi) -> None:
    car = ask_for(Leaving.REMOVING, make_vehicle())
    told = {**vehicle_json(id=car.pk), "user": url("/users/user" + "7" * 26)}
    ev_energy_api.add("GET", f"/vehicles/{car.pk}", json=told)

    work()

    car.refresh_from_db()
    assert (car.leaving, car.removed_at) == ("", None)
    assert methods(ev_energy_api) == ["GET"]
    assert acts()[-1] == "vehicles.left_alone"


def test_it_is_asked_for_once(ev_energy_api: EvEnergyApi) -> None:
    car = ask_for(Leaving.DISCONNECTING, make_vehicle())

    assert not ask(vehicle=car, wish=Leaving.DISCONNECTING, owner=car.owner, now=NOW)
    assert ask(vehicle=car, wish=Leaving.REMOVING, owner=car.owner, now=NOW)
    assert not ask(vehicle=car, wish=Leaving.DISCONNECTING, owner=car.owner, now=NOW)
    assert not ask(vehicle=car, wish=Leaving.REMOVING, owner=make_owner(), now=NOW)
    assert acts() == ["vehicles.disconnect_asked", "vehicles.remove_asked"]


@pytest.mark.parametrize("name", ["disconnect", "remove"])
def test_anothers_car_is_as_unknown_as_one_that_never_was(name: str, ev_energy_api: EvEnergyApi) -> None:
    car, stranger = make_vehicle(), signed_in(make_vehicle())

    for path in (page(name, car), page(name, Vehicle(vehicle_id="vhcl" + "9" * 26))):
        assert stranger.get(path).status_code == 404
        assert stranger.post(path).status_code == 404
    car.refresh_from_db()
    assert (car.leaving, methods(ev_energy_api)) == ("", [])


@pytest.mark.parametrize("state", list(Leaving))
def test_nobody_is_nagged_about_a_car_they_let_go(state: Leaving) -> None:
    car = make_stale_vehicle(leaving=state, stale_since=None, stale_reason="")

    staleness.apply_to_all(now=NOW)

    car.refresh_from_db()
    assert not car.is_stale
    assert not car.needs_repair
    assert not Vehicle.objects.needing_repair().exists()
    assert not Vehicle.objects.all().mark_stale(now=NOW)
    plan = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)
    assert plan.left_out == {"let_go": 1}


def test_what_was_mailed_about_it_has_ended() -> None:
    reconnect, _token = make_emailed(vehicle=make_broken_car(), wants_email=True, next_work_at=NOW)

    ask_for(Leaving.DISCONNECTING, reconnect.vehicle)

    reconnect.refresh_from_db()
    assert reconnect.state == State.CANCELLED
    assert not reconnect.vehicle.is_stale


def test_a_reading_agrees_with_what_ev_energy_tells() -> None:
    owner = make_owner()
    pending = make_vehicle(owner=owner, leaving=Leaving.DISCONNECTING, leaving_due_at=NOW)
    back = make_vehicle(owner=owner, leaving=Leaving.DISCONNECTED, integration="INACTIVE")
    still = make_vehicle(owner=owner, leaving=Leaving.DISCONNECTED, integration="INACTIVE")
    told = {pending.pk: "ACTIVE", back.pk: "ACTIVE", still.pk: "INACTIVE"}

    store_page(
        resources=[
            vehicle_resource(owner=owner, id=pk, integrated=integration) for pk, integration in told.items()
        ],
        now=NOW + timedelta(minutes=1),
    )

    leaving = dict(Vehicle.objects.values_list("pk", "leaving"))
    assert leaving == {pending.pk: "DISCONNECTING", back.pk: "", still.pk: "DISCONNECTED"}


def test_a_disconnected_car_is_connected_again(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle(integration="INACTIVE", leaving=Leaving.DISCONNECTED)
    ev_energy_api.add_reconnect_link(car.pk)

    left = signed_in(car).post(reverse("reconnects:start", args=[car.pk]))

    car.refresh_from_db()
    assert left.status_code == 302
    assert car.leaving == ""
    assert Reconnect.objects.get().state == State.REDIRECTED
    assert acts() == ["vehicles.taken_back"]


def test_who_erases_themselves_meanwhile_gets_the_car_removed_all_the_same() -> None:
    car = ask_for(Leaving.REMOVING, make_vehicle())
    make_vehicle(owner=car.owner)

    erase(owner=car.owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    assert CarToErase.objects.get().vehicle_id == car.pk
