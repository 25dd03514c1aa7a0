"""Owners whom the company's site hands over, and links that do not go on."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from onboarding_portal.api.models import Journey
from tests.api.rows import make_hand_over
from tests.factories import make_make, make_owner
from tests.owner_states import World, state
from tests.reconnects.rows import make_broken_car


def opened(world: World, **fields: Any) -> Any:
    _row, token = make_hand_over(owner=make_owner(email="anna.long-address@brightfield.example"), **fields)
    return world.get(f"/hand-over/{token}/")


def begun(world: World, **fields: Any) -> str:
    _row, token = make_hand_over(**fields)
    world.client.post(f"/hand-over/{token}/")
    return token


@state
def link_to_connect(world: World) -> Any:
    return opened(world, make_id=make_make("Volkswagen Commercial Vehicles").pk)


@state
def link_without_a_make(world: World) -> Any:
    return opened(world)


@state
def link_to_reconnect(world: World) -> Any:
    car = make_broken_car()
    return opened(world, journey=Journey.RECONNECT, vehicle=car)


@state
def link_while_somebody_else_is_signed_in(world: World) -> Any:
    assert world.owner
    _row, token = make_hand_over()
    return world.get(f"/hand-over/{token}/")


@state
def choosing_in_a_journey(world: World) -> Any:
    make_make("Volvo", onboardable=True)
    begun(world)
    return world.get("/connect/")


@state
def car_in_a_journey(world: World) -> Any:
    car = make_broken_car()
    begun(world, owner=car.owner, journey=Journey.RECONNECT, vehicle=car)
    return world.get(f"/vehicles/{car.pk}/")


@state
def link_nobody_knows(world: World) -> Any:
    return world.get("/hand-over/made-up/")


@state
def link_that_was_used(world: World) -> Any:
    row, token = make_hand_over()
    assert row.open(now=timezone.now())
    return world.get(f"/hand-over/{token}/")


@state
def link_that_is_too_old(world: World) -> Any:
    return opened(world, now=timezone.now() - timedelta(hours=1))


@state
def link_of_a_revoked_key(world: World) -> Any:
    row, token = make_hand_over()
    row.key.revoke(now=timezone.now())
    return world.get(f"/hand-over/{token}/")


@state
def journey_that_has_ended(world: World) -> Any:
    row, token = make_hand_over()
    world.client.post(f"/hand-over/{token}/")
    row.end(now=timezone.now())
    return world.get("/connect/")
