"""`/vehicles`: list, read, remove, disconnect, reconnect, and record one that cannot be connected."""

from typing import Any

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.catalogue import hidden_trim
from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.identifiers import number
from onboarding_portal.sandbox.moments import SECOND_US, iso
from onboarding_portal.sandbox.pagination import page_of_items
from onboarding_portal.sandbox.problems import ProblemError, invalid, not_found
from onboarding_portal.sandbox.records import User, Vehicle
from onboarding_portal.sandbox.representations import VEHICLE_EXPANDS, vehicle_json, wanted_expands
from onboarding_portal.sandbox.state import last_id_of_url

CHANGE_PROBLEM = "validation-failed-update-vehicle"
LOWEST_LIMIT = 50
CREATE_PROBLEM = "validation-failed-create-vehicle"
SMALLEST_BATTERY_WH, LARGEST_BATTERY_WH = 1_000, 300_000


def found_vehicle(call: Call) -> Vehicle:
    """The vehicle of the path; another owner's is as unknown as none when the call is made for one owner."""
    vehicle = call.state.vehicle(call.arguments["vehicle_id"])
    if vehicle is None or (call.acting_user and call.acting_user.user_id != vehicle.user_id):
        raise not_found()
    return vehicle


def list_vehicles(call: Call) -> Response:
    expands = wanted_expands(call, allowed=VEHICLE_EXPANDS)
    register = call.state.vehicles
    own = call.state.vehicles_of(call.acting_user.user_id) if call.acting_user else None
    return page_of_items(
        call,
        items=register.order if own is None else own,
        places=register.places if own is None else None,
        keep=lambda vehicle: not vehicle.is_deleted,
        represent=lambda vehicle: vehicle_json(call, vehicle, expands),
    )


def get_vehicle(call: Call) -> Response:
    expands = wanted_expands(call, allowed=VEHICLE_EXPANDS)
    return json_response(vehicle_json(call, found_vehicle(call), expands))


def change_vehicle(call: Call) -> Response:
    """The switch and the charge limit; what else the contract lets change is checked, and stays as it is."""
    expands = wanted_expands(call, allowed=VEHICLE_EXPANDS)
    vehicle, body = found_vehicle(call), call.json_object()
    errors: dict[str, list[str]] = {}
    is_on = body.get("smart_charging_enabled", vehicle.is_smart_charging_on)
    limit = body.get("maximum_charge_limit_percentage", vehicle.charge_limit_percentage)
    if not isinstance(is_on, bool):
        errors["smart_charging_enabled"] = ["Must be a valid boolean."]
    if type(limit) is not int or not LOWEST_LIMIT <= limit <= 100:
        errors["maximum_charge_limit_percentage"] = [f"From {LOWEST_LIMIT} to 100."]
    if body.get("battery_size_watt_hours") is not None and vehicle.integrated != "UNINTEGRATED":
        errors["battery_size_watt_hours"] = ["Only of a vehicle that is not integrated."]
    check_details(body=body, errors=errors)
    if errors:
        raise invalid(problem=CHANGE_PROBLEM, field_errors=errors)
    vehicle.is_smart_charging_on, vehicle.charge_limit_percentage = is_on, limit
    call.state.save(vehicle, at_us=call.now_us)
    return json_response(vehicle_json(call, vehicle, expands))


def delete_vehicle(call: Call) -> Response:
    vehicle = found_vehicle(call)
    vehicle.is_deleted = True
    call.state.save(vehicle)
    if call.sandbox.behaviour.delete_status == 204:
        return Response(status=204)
    return json_response({"remaining_car_count": len(call.state.vehicles_of(vehicle.user_id))})


def disconnect_vehicle(call: Call) -> Response:
    vehicle = found_vehicle(call)
    if vehicle.integrated == "ACTIVE":
        vehicle.disconnect(at_us=call.now_us, cause="ACCESS_REVOKED")
        call.state.save(vehicle)
    return json_response(vehicle_json(call, vehicle))


def reconnect_vehicle(call: Call) -> Response:
    call.json_object()  # nothing in it counts, but what is no object is refused
    vehicle = found_vehicle(call)
    if vehicle.integrated == "UNINTEGRATED":
        raise ProblemError(
            400,
            problem="vehicle-not-integrated",
            title="Vehicle not integrated",
            detail="This vehicle was never integrated, so there is nothing to reconnect.",
        )
    behaviour = call.sandbox.behaviour
    flow = call.state.new_flow(
        user_id=vehicle.user_id, redirect_uri=call.sandbox.config.onboarding_redirect_url
    )
    flow.vehicle_id = vehicle.vehicle_id
    flow.expires_at_us = call.now_us + int(behaviour.reconnect_link_lifetime_seconds * SECOND_US)
    call.state.save(flow)
    call.sandbox.statistics.reconnect_links[vehicle.vehicle_id] += 1
    body = {"url": f"{call.sandbox.config.origin}/vehicle-onboarding/start/{flow.flow_id}"}
    if behaviour.reconnect_expiry_field:
        body[behaviour.reconnect_expiry_field] = iso(flow.expires_at_us)
    return json_response(body, status=201)


def create_unintegrated_vehicle(call: Call) -> Response:
    if wrong := [value for value in call.request.args.getlist("expand") if value not in VEHICLE_EXPANDS]:
        raise invalid(problem=CREATE_PROBLEM, field_errors={"expand": [f"Unknown: {wrong[0][:100]}"]})
    body = call.json_object()
    errors: dict[str, list[str]] = {}
    model = call.state.catalogue.models.get(last_id_of_url(url=body.get("model"), prefix="vmod"))
    if model is None:
        errors["model"] = ["Invalid hyperlink - Object does not exist."]
    user = owner_of_new_vehicle(call, body=body, errors=errors)
    check_details(body=body, errors=errors)
    if errors or model is None or user is None:
        raise invalid(problem=CREATE_PROBLEM, field_errors=errors)
    battery_size_wh = int(body.get("battery_size_watt_hours") or model.default_battery_size_wh)
    trim = hidden_trim(model=model, battery_size_wh=battery_size_wh // 10 * 10)
    car = number(user.user_id, len(call.state.vehicles.order), call.now_us)
    vehicle = call.state.new_vehicle(user=user, trim=trim, car=car, description=body.get("description", ""))
    vehicle.integrated = "UNINTEGRATED"
    vehicle.vehicle_class = body.get("vehicle_class")
    call.state.save(vehicle)
    expands = wanted_expands(call, allowed=VEHICLE_EXPANDS)
    return json_response(vehicle_json(call, vehicle, expands), status=201)


def owner_of_new_vehicle(call: Call, *, body: dict[str, Any], errors: dict[str, list[str]]) -> User | None:
    """From the body's URL or the EvEnergy-User header; both must agree."""
    user = call.acting_user
    if body.get("user") is not None:
        named = call.state.user(last_id_of_url(url=body["user"], prefix="user"))
        if named is None or (user and user is not named):
            errors["user"] = ["Invalid hyperlink - Object does not exist."]
        user = named
    if user is None and "user" not in errors:
        errors["user"] = ["This field is required."]
    return user


def check_details(*, body: dict[str, Any], errors: dict[str, list[str]]) -> None:
    size = body.get("battery_size_watt_hours")
    if size is not None and (type(size) is not int or not SMALLEST_BATTERY_WH <= size <= LARGEST_BATTERY_WH):
        errors["battery_size_watt_hours"] = [f"From {SMALLEST_BATTERY_WH} to {LARGEST_BATTERY_WH}."]
    description = body.get("description", "")
    if not isinstance(description, str) or len(description) > 200:
        errors["description"] = ["Text of up to 200 characters is expected."]
    if body.get("vehicle_class") not in {"PASSENGER", "COMMERCIAL", None}:
        errors["vehicle_class"] = ["PASSENGER, COMMERCIAL or null is expected."]
