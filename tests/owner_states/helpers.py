"""A helper's link, and what else an owner sees of a car: its history, and that it is let go."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from onboarding_portal.reconnects.models import CameBack, HelperLink, State
from onboarding_portal.vehicles.models import Integration, Leaving, Vehicle
from tests.factories import make_make, make_model, make_vehicle
from tests.owner_states import World, state
from tests.reconnects.rows import make_broken_car, make_helper_link, make_reconnect


def _broken(world: World) -> Vehicle:
    return make_broken_car(owner=world.owner, nickname="Old red")


def _page(name: str, vehicle: Vehicle) -> str:
    return reverse(name, args=[vehicle.pk])


@state
def to_ask_a_helper(world: World) -> Any:
    return world.get(_page("reconnects:ask_helper", _broken(world)))


@state
def to_ask_a_helper_whose_address_is_none(world: World) -> Any:
    return world.post(_page("reconnects:ask_helper", _broken(world)), email="bob@")


@state
def a_fourth_helper(world: World) -> Any:
    car = _broken(world)
    for _ in range(3):
        make_helper_link(car)
    return world.post(_page("reconnects:ask_helper", car), email="bob@example.com")


@state
def car_with_helpers(world: World) -> Any:
    car, ago = _broken(world), world.now - timedelta(hours=1)
    make_helper_link(car)
    make_helper_link(
        car, email="a.very.long.address.of.a.helper@somewhere.brightfield.example", opened_at=ago
    )
    make_helper_link(car, used_at=ago)
    return world.get(_page("vehicles:detail", car))


def _helpers(world: World, **fields: Any) -> tuple[str, HelperLink]:
    link, token = make_helper_link(_broken(world), **fields)
    return reverse("reconnects:helper", args=[token]), link


@state
def helper(world: World) -> Any:
    return Client(**world.client.defaults).get(_helpers(world)[0])


@state
def helper_once_more(world: World) -> Any:
    return Client(**world.client.defaults).post(_helpers(world)[0])


@state
def helper_who_stopped_halfway(world: World) -> Any:
    return Client(**world.client.defaults).get(_helpers(world, used_at=world.now)[0])


@state
def helper_thanked(world: World) -> Any:
    path, link = _helpers(world, used_at=world.now)
    done = make_reconnect(State.REDIRECTED, vehicle=link.vehicle, came_back_with=CameBack.DONE)
    HelperLink.objects.update(reconnect=done)
    return Client(**world.client.defaults).get(path)


@state
def helper_not_needed_any_more(world: World) -> Any:
    path, link = _helpers(world)
    working = {"integration": Integration.ACTIVE, "stale_since": None, "stale_reason": ""}
    Vehicle.objects.filter(pk=link.vehicle_id).update(**working)
    return Client(**world.client.defaults).get(path)


@state
def helper_too_late(world: World) -> Any:
    return Client(**world.client.defaults).get(_helpers(world, ended_at=world.now)[0])


@state
def helper_in_vain(world: World) -> Any:
    path, link = _helpers(world)
    world.api.add_problem("POST", f"/vehicles/{link.vehicle_id}/reconnect", 404)
    client = Client(**world.client.defaults)
    client.get(path)
    return client.post(path)


@state
def what_happened_to_a_car(world: World) -> Any:
    return world.get(_page("vehicles:history", _broken(world)))


def _leaving(world: World, leaving: Leaving, **fields: Any) -> Any:
    model = make_model("EX30", make=make_make("Volvo"))
    car = make_vehicle(owner=world.owner, model=model, leaving=leaving, **fields)
    return world.get(_page("vehicles:detail", car))


@state
def being_disconnected(world: World) -> Any:
    return _leaving(world, Leaving.DISCONNECTING)


@state
def being_removed_for_long(world: World) -> Any:
    return _leaving(world, Leaving.REMOVING, leaving_tries=3)


@state
def disconnected(world: World) -> Any:
    return _leaving(world, Leaving.DISCONNECTED, integration=Integration.INACTIVE)
