"""`/_sandbox/…`: how tests and rehearsals set the scene. Answers this machine only, and JSON bodies only.

A page in someone's browser can send a form to a local port, but not `application/json` without being asked first.
"""

from typing import Any

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.behaviour import BehaviourError, changed
from onboarding_portal.sandbox.catalogue import Trim
from onboarding_portal.sandbox.causes import CAUSES
from onboarding_portal.sandbox.context import Call, Statistics, is_loopback, json_response
from onboarding_portal.sandbox.logs import TIME_FIELD
from onboarding_portal.sandbox.moments import HOUR_US, iso, parse_iso
from onboarding_portal.sandbox.problems import ProblemError, invalid, not_found
from onboarding_portal.sandbox.records import Vehicle, as_record
from onboarding_portal.sandbox.seeding import STATES, settle, supported_trims
from onboarding_portal.sandbox.users_api import EMAIL

PROBLEM = "sandbox-control"
MOST_VEHICLES_AT_ONCE = 10_000


def refuse_strangers(call: Call) -> None:
    if not is_loopback(call.request.remote_addr or ""):
        raise ProblemError(403, detail="Only this machine may control the sandbox.")
    if call.request.method in {"PUT", "POST", "PATCH"} and call.request.mimetype != "application/json":
        raise ProblemError(400, problem=PROBLEM, detail="Send application/json.")


def wrong(name: str, text: str) -> ProblemError:
    return invalid(problem=PROBLEM, field_errors={name: [text]})


def behaviour_json(call: Call) -> Response:
    behaviour = as_json(call)
    return json_response(behaviour)


def as_json(call: Call) -> dict[str, Any]:
    values = {
        name: getattr(call.sandbox.behaviour, name) for name in call.sandbox.behaviour.__dataclass_fields__
    }
    return {**values, "faults_left": call.sandbox.faults_left}


def put_behaviour(call: Call) -> Response:
    """Replaces all of it: what is not named goes back to what the sandbox was started with."""
    try:
        behaviour = changed(behaviour=call.sandbox.config.behaviour, values=call.json_object())
    except BehaviourError as error:
        raise wrong("behaviour", str(error)) from None
    call.sandbox.behave(behaviour)
    return behaviour_json(call)


def reset_behaviour(call: Call) -> Response:
    call.sandbox.behave(call.sandbox.config.behaviour)
    call.sandbox.limiter.forget()
    return behaviour_json(call)


def get_statistics(call: Call) -> Response:
    return json_response(call.sandbox.statistics.as_json())


def reset_statistics(call: Call) -> Response:
    call.sandbox.statistics = Statistics()
    return json_response(call.sandbox.statistics.as_json())


def forget_tokens(call: Call) -> Response:
    """Every token issued so far answers 401 from now on."""
    call.sandbox.tokens.clear()
    return Response(status=204)


def add_vehicles(call: Call) -> Response:
    """`{email, count=1, state="ACTIVE", cause="", hours=0, trim_id?}`: in that state since `hours` ago."""
    body = call.json_object()
    email, count = body.get("email"), body.get("count", 1)
    if not isinstance(email, str) or not EMAIL.fullmatch(email):
        raise wrong("email", "An e-mail address is expected.")
    if type(count) is not int or not 1 <= count <= MOST_VEHICLES_AT_ONCE:
        raise wrong("count", f"A number from 1 to {MOST_VEHICLES_AT_ONCE} is expected.")
    state = call.state
    user = state.user_by_email(email) or state.add_user(email=email, now_us=call.now_us)
    first = len(state.vehicles.order)
    vehicles = []
    for place in range(first, first + count):
        vehicle = state.new_vehicle(
            user=user, trim=trim_of(call, body=body, place=place), car=f"added {place}"
        )
        settle_from(call, vehicle=vehicle, body=body)
        state.save(vehicle)
        vehicles.append(vehicle.vehicle_id)
    return json_response({"user_id": user.user_id, "vehicle_ids": vehicles}, status=201)


def trim_of(call: Call, *, body: dict[str, Any], place: int) -> Trim:
    if body.get("trim_id") is None:
        trims = supported_trims(call.state)
        return trims[place * 577 % len(trims)]
    trim = call.state.catalogue.trims.get(str(body["trim_id"]))
    if trim is None:
        raise wrong("trim_id", "Unknown.")
    return trim


def settle_from(call: Call, *, vehicle: Vehicle, body: dict[str, Any]) -> None:
    state, cause, hours = body.get("state", "ACTIVE"), body.get("cause", ""), body.get("hours", 0)
    if state not in STATES:
        raise wrong("state", f"One of {', '.join(STATES)} is expected.")
    if cause and cause not in CAUSES:
        raise wrong("cause", f"One of {', '.join(CAUSES)} is expected.")
    if not isinstance(hours, int | float) or not 0 <= hours <= 24 * 365:
        raise wrong("hours", "Hours from 0 to a year are expected.")
    settle(vehicle=vehicle, state=state, cause=cause, since_us=call.now_us - int(hours * HOUR_US))


def found(call: Call) -> Vehicle:
    vehicle = call.state.vehicle(call.arguments["vehicle_id"])
    if vehicle is None:
        raise not_found()
    return vehicle


def show_vehicle(call: Call) -> Response:
    vehicle = found(call)
    links = [flow.flow_id for flow in call.state.flows.values() if flow.vehicle_id == vehicle.vehicle_id]
    return json_response({**as_record(vehicle), "reconnect_flows": links})


def change_vehicle(call: Call) -> Response:
    """`{state, cause?, hours?}`: ACTIVE, INACTIVE, SILENT or DISABLED, as of `hours` ago."""
    vehicle = found(call)
    settle_from(call, vehicle=vehicle, body=call.json_object())
    call.state.save(vehicle)
    return json_response(as_record(vehicle))


def remove_vehicle(call: Call) -> Response:
    vehicle = found(call)
    vehicle.is_deleted = True
    call.state.save(vehicle)
    return Response(status=204)


def add_log_entry(call: Call) -> Response:
    """`{kind: status|command|error, …fields}`; the time is now unless `sampled_at`/`logged_at` says otherwise."""
    vehicle, body = found(call), call.json_object()
    kind = body.pop("kind", "")
    if kind not in TIME_FIELD:
        raise wrong("kind", "One of status, command, error is expected.")
    field = TIME_FIELD[kind]
    try:
        moment_us = parse_iso(str(body.get(field, iso(call.now_us))))
    except (ValueError, OverflowError):
        raise wrong(field, "A time is expected.") from None
    body[field] = iso(moment_us)
    body.setdefault("logged_at", iso(moment_us))
    vehicle.logs.setdefault(kind, []).append(body)
    call.state.save(vehicle)
    return json_response(body, status=201)
