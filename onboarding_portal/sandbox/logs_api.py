"""`/vehicles/{id}/status_logs`, `/error_logs`, `/command_logs`: lists, and single entries at their time stamp."""

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.logs import TIME_FIELD, Kind, Log
from onboarding_portal.sandbox.moments import parse_iso
from onboarding_portal.sandbox.pagination import page_of_log
from onboarding_portal.sandbox.problems import ProblemError, not_found
from onboarding_portal.sandbox.records import Vehicle
from onboarding_portal.sandbox.representations import LOG_EXPANDS, log_json, wanted_expands
from onboarding_portal.sandbox.vehicles_api import found_vehicle


def log_of(call: Call, *, vehicle: Vehicle, kind: Kind) -> Log:
    make_name = call.state.catalogue.models[vehicle.model_id].make.name
    return Log(vehicle=vehicle, make_name=make_name, kind=kind, now_us=call.now_us)


def list_logs(call: Call, kind: Kind) -> Response:
    vehicle = found_vehicle(call)
    expands = wanted_expands(call, allowed=LOG_EXPANDS)
    low_us = bound(call, name=f"{TIME_FIELD[kind]}__gte", otherwise=0)
    high_us = bound(call, name=f"{TIME_FIELD[kind]}__lte", otherwise=call.now_us)
    return page_of_log(
        call,
        log=log_of(call, vehicle=vehicle, kind=kind),
        low_us=low_us,
        high_us=high_us,
        represent=lambda entry: log_json(call, vehicle=vehicle, kind=kind, entry=entry, expands=expands),
    )


def bound(call: Call, *, name: str, otherwise: int) -> int:
    text = call.request.args.get(name)
    if text is None:
        return otherwise
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise ProblemError(
            400,
            problem="filter-parameters",
            title="Invalid filter parameter",
            detail=f"Invalid value for filter parameter: {name}",
        ) from None


def get_log_entry(call: Call, kind: Kind) -> Response:
    vehicle = found_vehicle(call)
    expands = wanted_expands(call, allowed=LOG_EXPANDS)
    try:
        moment_us = parse_iso(call.arguments["moment"])
    except (ValueError, OverflowError):
        raise not_found() from None
    entry = log_of(call, vehicle=vehicle, kind=kind).at(moment_us)
    if entry is None:
        raise not_found()
    return json_response(log_json(call, vehicle=vehicle, kind=kind, entry=entry, expands=expands))


def list_status_logs(call: Call) -> Response:
    return list_logs(call, "status")


def list_command_logs(call: Call) -> Response:
    return list_logs(call, "command")


def list_error_logs(call: Call) -> Response:
    return list_logs(call, "error")


def get_status_log(call: Call) -> Response:
    return get_log_entry(call, "status")


def get_command_log(call: Call) -> Response:
    return get_log_entry(call, "command")


def get_error_log(call: Call) -> Response:
    return get_log_entry(call, "error")
