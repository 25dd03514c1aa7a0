"""Which address answers what. Operations of the contract carry its operation ids."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from onboarding_portal.sandbox import (
    catalogue_api,
    charging_api,
    control,
    control_of_needs,
    interest_api,
    logs_api,
    manufacturer_pages,
    onboarding_api,
    pages,
    picker_pages,
    tariffs_api,
    token_api,
    users_api,
    vehicles_api,
    webhooks,
)
from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.problems import not_found


class Area(Enum):
    """What stands before the handler."""

    API = "api"  # version, token, rate limit, scope, faults
    TOKEN = "token"  # noqa: S105  faults only; an area's name, no secret
    BROWSER_API = "browser api"  # problems as JSON, but no token and no limit; faults
    PAGE = "page"
    CONTROL = "control"


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    handler: Callable[[Call], Response]
    area: Area = Area.API
    scope: str = ""  # none: also without a token


def show_stylesheet(call: Call) -> Response:
    return pages.stylesheet()


def show_icon(call: Call) -> Response:
    make = call.state.catalogue.makes.get(call.arguments["make_id"])
    if make is None:
        raise not_found()
    return pages.icon(name=make.name)


VEHICLE = "/v2/vehicles/<vehicle_id>"
OPERATIONS = [
    Operation("token", "POST", "/o/token/", token_api.issue_token, Area.TOKEN),
    Operation("get-users", "GET", "/v2/users", users_api.list_users, scope="user:read"),
    Operation("post-users", "POST", "/v2/users", users_api.create_user, scope="user:write"),
    Operation("get-users-user_id", "GET", "/v2/users/<user_id>", users_api.get_user, scope="user:read"),
    Operation(
        "patch-users-user_id", "PATCH", "/v2/users/<user_id>", users_api.change_user, scope="user:write"
    ),
    Operation("get-vehicle_makes", "GET", "/v2/vehicle_makes", catalogue_api.list_makes),
    Operation(
        "get-vehicle_makes-vehicle_make_id", "GET", "/v2/vehicle_makes/<make_id>", catalogue_api.get_make
    ),
    Operation("get-vehicle_models", "GET", "/v2/vehicle_models", catalogue_api.list_models),
    Operation(
        "get-vehicle_models-vehicle_model_id", "GET", "/v2/vehicle_models/<model_id>", catalogue_api.get_model
    ),
    Operation(
        "get-vehicle_trims", "GET", "/v2/vehicle_trims", catalogue_api.list_trims, scope="vehicle:read"
    ),
    Operation(
        "get-vehicle_trims-vehicle_trim_id",
        "GET",
        "/v2/vehicle_trims/<trim_id>",
        catalogue_api.get_trim,
        scope="vehicle:read",
    ),
    Operation(
        "get-vehicle_compatibility-check",
        "GET",
        "/v2/vehicle_compatibility/check",
        interest_api.check_compatibility,
    ),
    Operation("post-vehicle_waitlist", "POST", "/v2/vehicle_waitlist", interest_api.join_waitlist),
    Operation("get-vehicles", "GET", "/v2/vehicles", vehicles_api.list_vehicles, scope="vehicle:read"),
    Operation(
        "post-vehicles",
        "POST",
        "/v2/vehicles",
        vehicles_api.create_unintegrated_vehicle,
        scope="vehicle:write",
    ),
    Operation("get-vehicles-vehicle_id", "GET", VEHICLE, vehicles_api.get_vehicle, scope="vehicle:read"),
    Operation("patch-vehicles", "PATCH", VEHICLE, vehicles_api.change_vehicle, scope="vehicle:write"),
    Operation("delete-vehicles", "DELETE", VEHICLE, vehicles_api.delete_vehicle, scope="vehicle:write"),
    Operation(
        "post-vehicles-vehicle_id-reconnect",
        "POST",
        f"{VEHICLE}/reconnect",
        vehicles_api.reconnect_vehicle,
        scope="vehicle:write",
    ),
    Operation(
        "post-vehicles-vehicle_id-disconnect",
        "POST",
        f"{VEHICLE}/disconnect",
        vehicles_api.disconnect_vehicle,
        scope="vehicle:write",
    ),
    *(
        Operation(
            f"get-vehicles-vehicle_id-{kind}_logs{suffix}",
            "GET",
            f"{VEHICLE}/{kind}_logs{path}",
            handler,
            scope=scope,
        )
        for kind, scope, list_handler, entry_handler in (
            ("status", "vehicle:read", logs_api.list_status_logs, logs_api.get_status_log),
            ("error", "vehicle:read", logs_api.list_error_logs, logs_api.get_error_log),
            ("command", "debug:read", logs_api.list_command_logs, logs_api.get_command_log),
        )
        for suffix, path, handler in (("", "", list_handler), ("-timestamp", "/<moment>", entry_handler))
    ),
    Operation(
        "get-vehicles-vehicle_id-location_logs",
        "GET",
        f"{VEHICLE}/location_logs",
        charging_api.list_location_logs,
        scope="vehicle:read",
    ),
    Operation(
        "get-vehicles-vehicle_id-vpp_modes",
        "GET",
        f"{VEHICLE}/vpp_modes",
        charging_api.get_control_modes,
        scope="vehicle:read",
    ),
    Operation(
        "get-charging_sub_sessions",
        "GET",
        "/v2/charging_sub_sessions",
        charging_api.list_sub_sessions,
        scope="charging_session:read",
    ),
    Operation("get-suppliers", "GET", "/v2/suppliers", tariffs_api.list_suppliers, scope="tariff:read"),
    Operation("get-tariffs", "GET", "/v2/tariffs", tariffs_api.list_tariffs, scope="tariff:read"),
    Operation(
        "get-vehicle_onboarding",
        "GET",
        "/v2/vehicle_onboarding",
        onboarding_api.start_onboarding,
        Area.BROWSER_API,
    ),
]
PAGES = [
    ("GET", "/onboarding/<flow_id>/<step>", picker_pages.show_picker),
    ("POST", "/onboarding/<flow_id>/<step>", picker_pages.pick),
    ("GET", "/manufacturer/<make_slug>/sign-in", manufacturer_pages.show_sign_in),
    ("POST", "/manufacturer/<make_slug>/sign-in", manufacturer_pages.sign_in),
    ("GET", "/manufacturer/<make_slug>/consent", manufacturer_pages.show_consent),
    ("POST", "/manufacturer/<make_slug>/consent", manufacturer_pages.decide),
    ("GET", "/vehicle-onboarding/start/<flow_id>", manufacturer_pages.show_reconnect_start),
    ("GET", "/sandbox.css", show_stylesheet),
    ("GET", "/icons/<make_id>.svg", show_icon),
]
CONTROLS = [
    ("POST", "/_sandbox/webhooks", webhooks.send_webhooks),
    ("GET", "/_sandbox/behaviour", control.behaviour_json),
    ("PUT", "/_sandbox/behaviour", control.put_behaviour),
    ("DELETE", "/_sandbox/behaviour", control.reset_behaviour),
    ("GET", "/_sandbox/statistics", control.get_statistics),
    ("DELETE", "/_sandbox/statistics", control.reset_statistics),
    ("DELETE", "/_sandbox/tokens", control.forget_tokens),
    ("POST", "/_sandbox/vehicles", control.add_vehicles),
    ("GET", "/_sandbox/vehicles/<vehicle_id>", control.show_vehicle),
    ("PATCH", "/_sandbox/vehicles/<vehicle_id>", control.change_vehicle),
    ("DELETE", "/_sandbox/vehicles/<vehicle_id>", control.remove_vehicle),
    ("POST", "/_sandbox/vehicles/<vehicle_id>/logs", control.add_log_entry),
    ("PATCH", "/_sandbox/vehicles/<vehicle_id>/needs", control_of_needs.change_needs),
    ("POST", "/_sandbox/nights", control_of_needs.let_nights_pass),
]
ALL = [
    *OPERATIONS,
    *(Operation(handler.__name__, method, path, handler, Area.PAGE) for method, path, handler in PAGES),
    *(Operation(handler.__name__, method, path, handler, Area.CONTROL) for method, path, handler in CONTROLS),
]
BY_NAME = {operation.name: operation for operation in ALL}


def url_map() -> Map:
    """Addresses are taken with and without a trailing slash, as ev.energy's own examples show both."""
    rules = [Rule(item.path, methods=[item.method], endpoint=item.name, strict_slashes=False) for item in ALL]
    return Map(rules, merge_slashes=False)
