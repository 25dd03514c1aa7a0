from datetime import timedelta
from typing import Any

from django.urls import reverse

from onboarding_portal.onboarding.models import Attempt, ClaimState
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id
from tests.factories import make_attempt, make_make, make_owner, make_vehicle
from tests.owner_states import World, state


def _attempt(world: World, *, ago: timedelta = timedelta(minutes=4)) -> Attempt:
    return make_attempt(owner=world.owner, started_at=world.now - ago)


def _car(world: World, **fields: Any) -> Vehicle:
    values = {"make": make_make("Volvo"), "connected_at": world.now, "read_at": world.now, **fields}
    return make_vehicle(owner=world.owner, **values)


def _back(world: World, *vehicle_ids: str, states: list[ClaimState]) -> Any:
    attempt = _attempt(world)
    attempt.claim(vehicle_ids=vehicle_ids, now=world.now)
    for vehicle_id, claimed in zip(vehicle_ids, states, strict=True):
        attempt.claims.filter(vehicle_id=vehicle_id).update(state=claimed)
    attempt.settle(now=world.now)
    return world.get(reverse("onboarding:return", args=[attempt.pk]))


@state
def almost_there(world: World) -> Any:
    return _back(world, an_id("vhcl", 1), states=[ClaimState.PENDING])


@state
def almost_there_for_long(world: World) -> Any:
    attempt = _attempt(world, ago=timedelta(hours=1, minutes=4))
    attempt.claim(vehicle_ids=[an_id("vhcl", 1)], now=world.now - timedelta(hours=1))
    return world.get(reverse("onboarding:return", args=[attempt.pk]))


@state
def connected_and_waiting_for_data(world: World) -> Any:
    return _back(world, _car(world, last_status_at=None).pk, states=[ClaimState.STORED])


@state
def it_works(world: World) -> Any:
    return _back(world, _car(world, last_status_at=world.now).pk, states=[ClaimState.STORED])


@state
def one_works_and_others_do_not(world: World) -> Any:
    cars = [
        _car(world, last_status_at=world.now),
        _car(world, last_status_at=world.now, is_smart_charging_on=False),
        _car(world, last_status_at=None, connected_at=world.now - timedelta(hours=1)),
    ]
    ids = [*(car.pk for car in cars), an_id("vhcl", 8), an_id("vhcl", 9)]
    return _back(world, *ids, states=[ClaimState.STORED] * 3 + [ClaimState.PENDING, ClaimState.UNKNOWN])


@state
def somebody_elses(world: World) -> Any:
    return _back(world, an_id("vhcl", 1), states=[ClaimState.FOREIGN])


@state
def not_known_to_ev_energy(world: World) -> Any:
    return _back(world, an_id("vhcl", 1), states=[ClaimState.UNKNOWN])


@state
def malformed(world: World) -> Any:
    attempt = _attempt(world)
    return world.get(reverse("onboarding:return", args=[attempt.pk]), vehicle_uid="nonsense")


@state
def anothers_attempt(world: World) -> Any:
    assert world.owner
    return world.get(reverse("onboarding:return", args=[make_attempt(owner=make_owner()).pk]))


@state
def signed_out_meanwhile(world: World) -> Any:
    return world.get(reverse("onboarding:return", args=[make_attempt().pk]), vehicle_uid=an_id("vhcl", 1))


@state
def signed_out_and_stopped(world: World) -> Any:
    return world.get(reverse("onboarding:return", args=[make_attempt().pk]), error="access_denied")
