"""Records as the contract's JSON resources, with references as absolute URLs or expanded."""

from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import urlencode

from onboarding_portal.sandbox.catalogue import Make, Model, Trim
from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.logs import Kind, latest_status
from onboarding_portal.sandbox.moments import iso
from onboarding_portal.sandbox.problems import ProblemError
from onboarding_portal.sandbox.records import User, Vehicle
from onboarding_portal.sandbox.tariffs import home_json
from onboarding_portal.sandbox.telemetry import Entry

VEHICLE_EXPANDS = frozenset({"user", "trim", "trim.model", "trim.model.make", "latest_status_log"})
LOG_EXPANDS = frozenset(
    {"vehicle", "vehicle.trim", "vehicle.trim.model", "vehicle.trim.model.make", "vehicle.user"}
)
NOTHING: frozenset[str] = frozenset()


def wanted_expands(call: Call, *, allowed: AbstractSet[str]) -> frozenset[str]:
    """The expands asked for, with the parents each implies. 400 for any other, a comma list among them."""
    asked = call.request.args.getlist("expand")
    if wrong := [value for value in asked if value not in allowed]:
        raise ProblemError(
            400,
            problem="expand-parameter",
            title="Invalid expand parameter",
            detail=f"Invalid value for expand parameter: {wrong[0][:100]}",
        )
    parts = [value.split(".") for value in asked]
    return frozenset(".".join(part[: depth + 1]) for part in parts for depth in range(len(part)))


def below(expands: frozenset[str], name: str) -> frozenset[str]:
    """What to expand inside of `name`."""
    return frozenset(value.removeprefix(f"{name}.") for value in expands if value.startswith(f"{name}."))


def onboarding_url(call: Call, *, name: str, item_id: str, is_enough: bool) -> str | None:
    if not is_enough:
        return None
    query = {name: item_id}
    if call.acting_user:
        query["user_id"] = call.acting_user.user_id
    if call.is_authenticated:
        query["client_id"] = call.sandbox.config.client_id
    return f"{call.api_url}/vehicle_onboarding?{urlencode(query)}"


def make_json(call: Call, make: Make) -> dict[str, Any]:
    origin = call.sandbox.config.origin
    return {
        "id": make.make_id,
        "url": f"{call.api_url}/vehicle_makes/{make.make_id}",
        "name": make.name,
        "icon": f"{origin}/icons/{make.make_id}.svg" if make.has_icon else None,
        "onboarding_url": onboarding_url(
            call, name="make_id", item_id=make.make_id, is_enough=make.is_enough
        ),
        "models": f"{call.api_url}/vehicle_models?make_id={make.make_id}",
        "subscription_name": make.subscription_name,
        "subscription_package": make.subscription_package,
    }


def model_json(call: Call, model: Model, expands: frozenset[str] = NOTHING) -> dict[str, Any]:
    is_make_expanded = "make" in expands
    return {
        "id": model.model_id,
        "url": f"{call.api_url}/vehicle_models/{model.model_id}",
        "name": model.name,
        "make": make_json(call, model.make) if is_make_expanded else make_url(call, model.make),
        "onboarding_url": onboarding_url(
            call, name="model_id", item_id=model.model_id, is_enough=model.is_enough
        ),
        "vehicle_trims": f"{call.api_url}/vehicle_trims?model_id={model.model_id}",
        "default_battery_size_watt_hours": model.default_battery_size_wh,
        "default_connector_type": model.make.connector,
    }


def make_url(call: Call, make: Make) -> str:
    return f"{call.api_url}/vehicle_makes/{make.make_id}"


def trim_json(call: Call, trim: Trim, expands: frozenset[str] = NOTHING) -> dict[str, Any]:
    model_url = f"{call.api_url}/vehicle_models/{trim.model.model_id}"
    return {
        "id": trim.trim_id,
        "url": f"{call.api_url}/vehicle_trims/{trim.trim_id}",
        "name": trim.name,
        "model": model_json(call, trim.model, below(expands, "model")) if "model" in expands else model_url,
        "battery_size_watt_hours": trim.battery_size_wh,
        "onboarding_url": onboarding_url(
            call, name="trim_id", item_id=trim.trim_id, is_enough=trim.is_supported
        ),
    }


def user_url(call: Call, user_id: str) -> str:
    return f"{call.api_url}/users/{user_id}"


def user_json(call: Call, user: User, expands: frozenset[str] = NOTHING) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "id": user.user_id,
        "url": user_url(call, user.user_id),
        "full_name": user.full_name,
        "joined_at": iso(user.joined_at_us),
        "terms_consent_datetime": None,
        "vehicles": [
            vehicle_url(call, vehicle.vehicle_id) for vehicle in call.state.vehicles_of(user.user_id)
        ],
        "evses": [],
    }
    # The contract has no null here, so an owner without an address has no such field.
    mailbox = {"email": user.email} if user.email else {}
    home = {"default_location": home_json(call, user, expands)} if user.home else {}
    return {**resource, **mailbox, **home}


def vehicle_url(call: Call, vehicle_id: str) -> str:
    return f"{call.api_url}/vehicles/{vehicle_id}"


def vehicle_json(call: Call, vehicle: Vehicle, expands: frozenset[str] = NOTHING) -> dict[str, Any]:
    trim = call.state.trim(vehicle.trim_id)
    user = call.state.user(vehicle.user_id)
    latest = latest_status(vehicle=vehicle, now_us=call.now_us)
    latest_json: dict[str, Any] | str | None = None
    if latest:
        latest_json = log_json(call, vehicle=vehicle, kind="status", entry=latest)
        if "latest_status_log" not in expands:
            latest_json = str(latest_json["url"])
    trim_url = f"{call.api_url}/vehicle_trims/{vehicle.trim_id}"
    return {
        "id": vehicle.vehicle_id,
        "url": vehicle_url(call, vehicle.vehicle_id),
        "trim": trim_json(call, trim, below(expands, "trim")) if trim and "trim" in expands else trim_url,
        "user": user_json(call, user) if user and "user" in expands else user_url(call, vehicle.user_id),
        "latest_status_log": latest_json,
        "charging_sub_sessions": f"{call.api_url}/charging_sub_sessions?vehicle_id={vehicle.vehicle_id}",
        "integrated": vehicle.integrated,
        "battery_size_watt_hours": vehicle.battery_size_wh,
        "effective_battery_size_watt_hours": vehicle.battery_size_wh * 96 // 100,
        "maximum_charge_limit_percentage": vehicle.charge_limit_percentage,
        "description": vehicle.description,
        "disabled": vehicle.is_disabled,
        "smart_charging_enabled": vehicle.is_smart_charging_on,
        "vehicle_class": vehicle.vehicle_class,
    }


def log_json(
    call: Call, *, vehicle: Vehicle, kind: Kind, entry: Entry, expands: frozenset[str] = NOTHING
) -> dict[str, Any]:
    url = vehicle_url(call, vehicle.vehicle_id)
    is_expanded = "vehicle" in expands
    return {
        "url": f"{url}/{kind}_logs/{iso(entry.at_us)}/",
        "vehicle": vehicle_json(call, vehicle, below(expands, "vehicle")) if is_expanded else url,
        **entry.body,
    }
