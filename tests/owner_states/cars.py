from datetime import timedelta
from typing import Any

from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import make_make, make_model, make_stale_vehicle, make_trim, make_vehicle
from tests.owner_states import World, state


def _car(world: World, **fields: Any) -> Vehicle:
    model = make_model("EX30", make=make_make("Volvo"))
    values = {"last_status_at": world.now, "read_at": world.now, "model": model, **fields}
    return make_vehicle(owner=world.owner, **values)


def _shown(world: World, car: Vehicle) -> Any:
    return world.get(f"/vehicles/{car.pk}/")


@state
def no_cars(world: World) -> Any:
    assert world.owner
    return world.get("/vehicles/")


@state
def looking_for_cars(world: World) -> Any:
    User.objects.filter(pk=world.owner.pk).update(cars_due_at=world.now + timedelta(hours=1))
    return world.get("/vehicles/")


@state
def all_kinds_of_cars(world: World) -> Any:
    _car(world, state_of_charge_percentage=63, is_plugged_in=True, is_charging=True)
    _car(world, last_status_at=None, connected_at=world.now)
    _car(world, nickname="The family’s car with quite a long name")
    _car(world, is_disabled=True)
    _car(world, is_smart_charging_on=False)
    _car(world, integration=Integration.UNINTEGRATED, last_status_at=None)
    for reason in StaleReason:
        make_stale_vehicle(reason, owner=world.owner, make=make_make("Volvo"), cause=Cause.SIGN_IN_EXPIRED)
    return world.get("/vehicles/")


@state
def working(world: World) -> Any:
    model = make_model("EX30", make=make_make("Volvo"))
    trim = make_trim("Twin Motor", model=model)
    return _shown(
        world,
        _car(
            world,
            model=model,
            trim=trim,
            state_of_charge_percentage=63,
            is_plugged_in=False,
            description="YV1 of a long description",
        ),
    )


@state
def old_data(world: World) -> Any:
    return _shown(
        world, _car(world, last_status_at=world.now - timedelta(days=1), state_of_charge_percentage=7)
    )


@state
def waiting_for_first_data(world: World) -> Any:
    return _shown(world, _car(world, last_status_at=None, connected_at=world.now))


@state
def waiting_for_long(world: World) -> Any:
    return _shown(world, _car(world, last_status_at=None, connected_at=world.now - timedelta(hours=2)))


@state
def connection_lost(world: World) -> Any:
    car = make_stale_vehicle(owner=world.owner, make=make_make("Volvo"), cause=Cause.SIGN_IN_EXPIRED)
    return _shown(world, car)


@state
def no_data_lately(world: World) -> Any:
    car = make_stale_vehicle(
        StaleReason.SILENT, owner=world.owner, make=make_make("Volvo"), cause=Cause.PROVIDER_DOWN
    )
    return _shown(world, car)


@state
def switched_off(world: World) -> Any:
    return _shown(world, _car(world, is_disabled=True))


@state
def smart_charging_off(world: World) -> Any:
    return _shown(world, _car(world, is_smart_charging_on=False))


@state
def never_connected(world: World) -> Any:
    return _shown(world, _car(world, integration=Integration.UNINTEGRATED, last_status_at=None))


@state
def a_name_too_long(world: World) -> Any:
    car = _car(world)
    return world.post(f"/vehicles/{car.pk}/name/", nickname="x" * 300)


@state
def to_disconnect(world: World) -> Any:
    return world.get(f"/vehicles/{_car(world).pk}/disconnect/")


@state
def to_remove(world: World) -> Any:
    return world.get(f"/vehicles/{_car(world).pk}/remove/")
