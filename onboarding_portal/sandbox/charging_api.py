"""`/charging_sub_sessions`, `/vehicles/{id}/location_logs` and `/vehicles/{id}/vpp_modes`."""

from typing import Any

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.charging import KEPT_DAYS, LocationLog, SubSession, sub_sessions
from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.logs_api import bound
from onboarding_portal.sandbox.moments import DAY_US, SECOND_US, iso
from onboarding_portal.sandbox.pagination import page_of_items, page_of_log
from onboarding_portal.sandbox.problems import not_found
from onboarding_portal.sandbox.records import User, Vehicle
from onboarding_portal.sandbox.representations import (
    LOG_EXPANDS,
    below,
    vehicle_json,
    vehicle_url,
    wanted_expands,
)
from onboarding_portal.sandbox.tariffs import tariffs
from onboarding_portal.sandbox.vehicles_api import found_vehicle

EXPANDS = frozenset({*LOG_EXPANDS, "vehicle.latest_status_log"})
END_OF_TIME = 1 << 62


def owner_of(call: Call, vehicle: Vehicle) -> User:
    owner = call.state.user(vehicle.user_id)
    if owner is None:
        raise not_found()
    return owner


def list_sub_sessions(call: Call) -> Response:
    """Ordered by vehicle, each vehicle's oldest first: the contract names no order."""
    expands = wanted_expands(call, allowed=EXPANDS)
    found = matching(call)
    return page_of_items(
        call, items=found, represent=lambda session: sub_session_json(call, session, expands)
    )


def matching(call: Call) -> list[SubSession]:
    args = call.request.args
    start = bound(call, name="start__gt", otherwise=0), bound(call, name="start__lt", otherwise=END_OF_TIME)
    end = bound(call, name="end__gt", otherwise=0), bound(call, name="end__lt", otherwise=END_OF_TIME)
    low_us = max(start[0], end[0] - 2 * DAY_US, call.now_us - KEPT_DAYS * DAY_US)
    finished = {"true": True, "false": False}.get(args.get("is_finished", ""))
    return [
        session
        for vehicle in wanted_vehicles(call)
        for session in sub_sessions(
            vehicle=vehicle, owner=owner_of(call, vehicle), low_us=low_us, now_us=call.now_us
        )
        if start[0] < session.start_us < start[1]
        and (args.get("mode") in {None, session.mode})
        and (finished is None or finished == (session.end_us <= call.now_us))
        and (end[0] < session.end_us < end[1])
    ]


def wanted_vehicles(call: Call) -> list[Vehicle]:
    vehicle_id, user_id = call.text_argument("vehicle_id"), call.text_argument("user_id")
    if call.acting_user:
        user_id = call.acting_user.user_id
    vehicles = call.state.vehicles_of(user_id) if user_id else call.state.vehicles.order
    return [
        vehicle
        for vehicle in vehicles
        if not vehicle.is_deleted
        and vehicle_id in {"", vehicle.vehicle_id}
        and not call.text_argument("evse_id")
    ]


def sub_session_json(call: Call, session: SubSession, expands: frozenset[str]) -> dict[str, Any]:
    vehicle = session.vehicle
    owner = owner_of(call, vehicle)
    tariff = tariffs().get(owner.home.get("tariff_id", ""))
    is_over, is_smart = session.end_us <= call.now_us, session.is_smart
    url = vehicle_url(call, vehicle.vehicle_id)
    return {
        "id": session.item_id,
        "url": f"{call.api_url}/charging_sub_sessions/{session.item_id}",
        "start": iso(session.start_us),
        "end": iso(session.end_us) if is_over else None,
        "mode": session.mode,
        "vehicle": vehicle_json(call, vehicle, below(expands, "vehicle")) if "vehicle" in expands else url,
        "evse": None,
        "energy_delivered_watt_hours": session.energy_wh,
        "cost": session.price() if tariff else None,
        "currency": tariff.currency if tariff else "GBP",
        "location": {"name": "Home" if owner.has_address and vehicle.is_at_home else "On the go"},
        "total_co2_grams": session.co2_g(),
        "co2_intensity_grams_per_kilowatt_hour": None,
        "co2_intensity_classification": None,
        "savings_cost": session.price() // 2 if tariff and is_smart else None,
        "savings_co2_grams": session.co2_g() // 2 if is_smart else None,
        "duration_minutes": (session.end_us - session.start_us) // (60 * SECOND_US),
        "grid_energy_delivered_watt_hours": session.energy_wh,
        "solar_energy_delivered_watt_hours": None,
    }


def list_location_logs(call: Call) -> Response:
    vehicle = found_vehicle(call)
    expands = wanted_expands(call, allowed=LOG_EXPANDS)
    url = vehicle_url(call, vehicle.vehicle_id)
    whole = vehicle_json(call, vehicle, below(expands, "vehicle")) if "vehicle" in expands else url
    return page_of_log(
        call,
        log=LocationLog(vehicle=vehicle, owner=owner_of(call, vehicle), now_us=call.now_us),
        low_us=bound(call, name="sampled_at__gte", otherwise=0),
        high_us=bound(call, name="sampled_at__lte", otherwise=call.now_us),
        represent=lambda entry: {
            "url": f"{url}/location_logs/{iso(entry.at_us)}/",
            "vehicle": whole,
            **entry.body,
        },
    )


def get_control_modes(call: Call) -> Response:
    can = found_vehicle(call).is_controllable
    modes = {"target_power": False, "import_max_power": can, "export_max_power": False, "charge_mode": can}
    return json_response(modes)
