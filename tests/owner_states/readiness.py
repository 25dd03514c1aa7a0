from typing import Any

import requests
from django.urls import reverse

from onboarding_portal.readiness.models import Readiness
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id, supplier_json, tariff_json
from tests.factories import make_make, make_model, make_vehicle
from tests.owner_states import World, state


def _car(world: World, **fields: Any) -> Vehicle:
    values = {"is_smart_charging_on": False, "last_status_at": world.now, "read_at": world.now, **fields}
    return make_vehicle(owner=world.owner, model=make_model("Kona", make=make_make("Hyundai")), **values)


def _page(world: World, name: str, *more: str, car: Vehicle | None = None) -> str:
    return reverse(f"readiness:{name}", args=[(car or _car(world)).pk, *more])


@state
def address(world: World) -> Any:
    return world.get(_page(world, "address"), country="GB")


@state
def address_that_is_none(world: World) -> Any:
    return world.post(_page(world, "address"), country_code="GB")


@state
def address_without_a_country(world: World) -> Any:
    return world.post(_page(world, "address"), country_code="")


@state
def suppliers(world: World) -> Any:
    world.api.add("GET", "/suppliers", json=[supplier_json(n) for n in range(1, 13)])
    return world.get(_page(world, "tariff"))


@state
def suppliers_out_of_reach(world: World) -> Any:
    world.api.add_failure("GET", "/suppliers", requests.ConnectionError())
    return world.get(_page(world, "tariff"))


@state
def tariffs(world: World) -> Any:
    world.api.add("GET", "/tariffs", json=[tariff_json()])
    return world.get(_page(world, "tariff_of", an_id("supl")))


@state
def no_tariff_chosen(world: World) -> Any:
    world.api.add("GET", "/tariffs", json=[tariff_json()])
    return world.post(_page(world, "tariff_of", an_id("supl")))


@state
def switch(world: World) -> Any:
    return world.get(_page(world, "switch"))


@state
def left_out(world: World) -> Any:
    return world.get(_page(world, "ready"), after="SWITCH")


@state
def ready(world: World) -> Any:
    car = _car(world, is_smart_charging_on=True)
    known = ("has_address", "has_tariff", "is_controllable", "is_at_home", "commands_arrive")
    Readiness.objects.update_or_create(
        vehicle=car, defaults={**dict.fromkeys(known, True), "kept_for": world.owner.pk}
    )
    return world.get(_page(world, "ready", car=car), after="SWITCH")
