"""`/_sandbox/…` for rehearsals of charging smartly: what a car lacks, and nights that pass."""

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.control import found, wrong
from onboarding_portal.sandbox.moments import DAY_US
from onboarding_portal.sandbox.records import User, Vehicle, as_record
from onboarding_portal.sandbox.tariffs import changed_home, tariffs

NEEDS = (
    *("is_smart_charging_on", "is_controllable", "is_at_home", "takes_commands", "is_plugged_in_at_night"),
    "is_disabled",
)
HOME = {"address_1": "1 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country_code": "GB"}
NOWHERE: dict[str, str | None] = dict.fromkeys([*HOME, "address_2", "state"])
MOST_NIGHTS = 40


def change_needs(call: Call) -> Response:
    """`{has_address?, has_tariff?, is_smart_charging_on?, …}`: each true or false, from now on."""
    vehicle, body = found(call), call.json_object()
    owner = call.state.user(vehicle.user_id)
    if owner is None or not all(isinstance(value, bool) for value in body.values()):
        raise wrong("needs", "Each is true or false.")
    if unknown := sorted(set(body) - {*NEEDS, "has_address", "has_tariff"}):
        raise wrong("needs", f"Unknown: {', '.join(unknown)}.")
    for name in set(body) & set(NEEDS):
        setattr(vehicle, name, body[name])
    call.state.save(vehicle, at_us=call.now_us)
    if "has_address" in body:
        owner.home = changed_home(call, user=owner, values=HOME if body["has_address"] else NOWHERE)
    if "has_tariff" in body:
        owner.home = {**owner.home, "tariff_id": next(iter(tariffs())) if body["has_tariff"] else ""}
    call.state.save(owner, at_us=call.now_us)
    return json_response({**as_record(vehicle), "home": owner.home})


def let_nights_pass(call: Call) -> Response:
    """`{count}`: all that happened so far happened so many days earlier; the clock stays as it is."""
    count = call.json_object().get("count", 1)
    if type(count) is not int or not 1 <= count <= MOST_NIGHTS:
        raise wrong("count", f"A number from 1 to {MOST_NIGHTS} is expected.")
    back_us = count * DAY_US
    for vehicle in call.state.vehicles.order:
        move_back(vehicle, back_us)
        call.state.save(vehicle)
    for user in call.state.users.order:
        move_user_back(user, back_us)
        call.state.save(user)
    return Response(status=204)


def move_back(vehicle: Vehicle, back_us: int) -> None:
    for period in vehicle.periods:
        period.start_us -= back_us
        if period.end_us is not None:
            period.end_us -= back_us
    vehicle.ready = [[moment and moment - back_us for moment in span] for span in vehicle.ready]


def move_user_back(user: User, back_us: int) -> None:
    user.joined_at_us -= back_us
