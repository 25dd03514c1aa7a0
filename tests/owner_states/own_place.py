from typing import Any

from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import Erasure
from onboarding_portal.consents.models import Consent
from onboarding_portal.vehicles.car_to_erase import CarToErase, Outcome
from tests.accounts.journey import mailed_code
from tests.ev_energy_answers import an_id
from tests.factories import make_make, make_vehicle
from tests.owner_states import World, state


@state
def account(world: World) -> Any:
    assert world.owner
    return world.get("/account/")


@state
def your_data(world: World) -> Any:
    assert world.owner
    return world.get(reverse("your_data"))


@state
def your_data_code(world: World) -> Any:
    assert world.owner
    return world.post(reverse("your_data"))


@state
def your_data_wrong_code(world: World) -> Any:
    your_data_code(world)
    return world.post(reverse("your_data_code"), code="ABC")


def _prove(world: World) -> None:
    your_data_code(world)
    world.post(reverse("your_data_code"), code=mailed_code())


@state
def your_data_proven(world: World) -> Any:
    _prove(world)
    return world.get(reverse("your_data"))


@state
def your_data_read(world: World) -> Any:
    make_vehicle(owner=world.owner, make=make_make("Volvo"))
    _prove(world)
    return world.get(reverse("your_data_read"))


@state
def erase(world: World) -> Any:
    _prove(world)
    return world.get(reverse("your_data_erase"))


@state
def erase_with_nothing_chosen(world: World) -> Any:
    _prove(world)
    return world.post(reverse("your_data_erase"))


@state
def erased(world: World) -> Any:
    erasure = Erasure.objects.create(is_at_ev_energy=True)
    for outcome in Outcome:
        car = CarToErase.of(erasure=erasure, vehicle_id=an_id("vhcl"), ev_energy_user_id="")
        car.save()
        if outcome != Outcome.WAITING:
            car.end(outcome, now=timezone.now())
    return world.get(reverse("your_data_erased", args=[erasure.pk]))


@state
def account_with_what_was_agreed_to(world: World) -> Any:
    car = make_vehicle(owner=world.owner, make=make_make("Volvo"))
    for make_id in (str(car.make_id), ""):
        Consent.objects.say(owner_id=world.owner.pk, make_id=make_id, now=timezone.now())
    return world.get("/account/")


@state
def another_address(world: World) -> Any:
    assert world.owner
    return world.get(reverse("account_address"))


@state
def another_address_that_is_none(world: World) -> Any:
    assert world.owner
    return world.post(reverse("account_address"), email="anna@")


@state
def another_address_with_two_codes(world: World) -> Any:
    assert world.owner
    return world.post(reverse("account_address"), email="new@example.com")


@state
def another_address_with_wrong_codes(world: World) -> Any:
    another_address_with_two_codes(world)
    return world.post(reverse("account_address_codes"), old_code="ABC", new_code="")
