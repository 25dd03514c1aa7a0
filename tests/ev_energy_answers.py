"""Builds what ev.energy answers, field by field as its description has it. Keyword arguments replace fields."""

from typing import Any

from django.conf import settings

Json = dict[str, Any]


def an_id(prefix: str, number: int = 1) -> str:
    """`an_id("vhcl", 7)` is a well-shaped id, the same each time."""
    return f"{prefix}01{number:024d}"


def url(path: str) -> str:
    """An address at ev.energy."""
    return f"{settings.EV_ENERGY_API_URL}{path}"


def user_json(number: int = 1, **fields: Any) -> Json:
    user_id = fields.pop("id", an_id("user", number))
    return {
        "id": user_id,
        "url": url(f"/users/{user_id}"),
        "email": f"owner{number}@example.com",
        "joined_at": "2024-03-01T10:00:00Z",
        "vehicles": [],
        "evses": [],
        **fields,
    }


def make_json(number: int = 1, *, onboardable: bool = True, **fields: Any) -> Json:
    make_id = fields.pop("id", an_id("vmak", number))
    return {
        "id": make_id,
        "url": url(f"/vehicle_makes/{make_id}"),
        "name": f"Make {number}",
        "icon": None,
        "onboarding_url": url(f"/vehicle_onboarding?make_id={make_id}") if onboardable else None,
        "models": url(f"/vehicle_models?make_id={make_id}"),
        "subscription_name": None,
        "subscription_package": None,
        **fields,
    }


def model_json(number: int = 1, *, make: Json | int = 1, onboardable: bool = True, **fields: Any) -> Json:
    """`make` is the make's number, or the make itself, expanded."""
    model_id = fields.pop("id", an_id("vmod", number))
    return {
        "id": model_id,
        "url": url(f"/vehicle_models/{model_id}"),
        "name": f"Model {number}",
        "make": make if isinstance(make, dict) else url(f"/vehicle_makes/{an_id('vmak', make)}"),
        "onboarding_url": url(f"/vehicle_onboarding?model_id={model_id}") if onboardable else None,
        "vehicle_trims": url(f"/vehicle_trims?model_id={model_id}"),
        "default_battery_size_watt_hours": 64000,
        "default_connector_type": "CCS",
        **fields,
    }


def trim_json(number: int = 1, *, model: Json | int = 1, onboardable: bool = True, **fields: Any) -> Json:
    """`model` is the model's number, or the model itself, expanded."""
    trim_id = fields.pop("id", an_id("trim", number))
    return {
        "id": trim_id,
        "url": url(f"/vehicle_trims/{trim_id}"),
        "name": f"Trim {number}",
        "model": model if isinstance(model, dict) else url(f"/vehicle_models/{an_id('vmod', model)}"),
        "battery_size_watt_hours": 64000,
        "onboarding_url": url(f"/vehicle_onboarding?trim_id={trim_id}") if onboardable else None,
        **fields,
    }


def vehicle_json(number: int = 1, *, user: Json | int = 1, **fields: Any) -> Json:
    """As it comes with what we ask to be expanded: trim with model and make, latest status.

    `user` is the owner's number, or the owner itself, expanded.
    """
    vehicle_id = fields.pop("id", an_id("vhcl", number))
    return {
        "id": vehicle_id,
        "url": url(f"/vehicles/{vehicle_id}"),
        "user": user if isinstance(user, dict) else url(f"/users/{an_id('user', user)}"),
        "trim": trim_json(model=model_json(make=make_json())),
        "latest_status_log": status_log_json(vehicle_id=vehicle_id),
        "charging_sub_sessions": url(f"/charging_sub_sessions?vehicle_id={vehicle_id}"),
        "integrated": "ACTIVE",
        "battery_size_watt_hours": 64000,
        "effective_battery_size_watt_hours": 62000,
        "maximum_charge_limit_percentage": 80,
        "description": f"Car {number}",
        "disabled": False,
        "smart_charging_enabled": True,
        "vehicle_class": "PASSENGER",
        **fields,
    }


def status_log_json(*, vehicle_id: str = "", **fields: Any) -> Json:
    sampled_at = fields.setdefault("sampled_at", "2024-04-17T09:39:45.984584Z")
    vehicle = url(f"/vehicles/{vehicle_id or an_id('vhcl')}")
    return {
        "url": f"{vehicle}/status_logs/{sampled_at}",
        "logged_at": sampled_at,
        "vehicle": vehicle,
        "state_of_charge_percentage": 70,
        "is_charging": False,
        "is_plugged_in": True,
        "charge_rate_watts": None,
        "estimated_charge_rate_watts": None,
        "charge_level_watt_hours": 44800,
        "target_charge_level_percentage": 80,
        "target_charge_level_watt_hours": 51200,
        "charge_energy_added_watt_hours": None,
        "minutes_to_full_charge": None,
        "current_type": None,
        "is_complete": False,
        "odometer_meters": 12_345_678,
        "data_source": "ENODE",
        "state": "PLUGGED_IN_NOT_CHARGING",
        **fields,
    }


def error_log_json(*, vehicle_id: str = "", **fields: Any) -> Json:
    logged_at = fields.setdefault("logged_at", "2024-04-17T09:39:45.984584Z")
    vehicle = url(f"/vehicles/{vehicle_id or an_id('vhcl')}")
    return {
        "url": f"{vehicle}/error_logs/{logged_at}",
        "vehicle": vehicle,
        "status_code": 401,
        "controller": "ENODE",
        "error_code": "AUTHENTICATION_ERROR",
        "error_type": "VehicleAPIUnauthorized",
        "request_id": "56rst-z2jku-tty9t-0dn2f-qazow",
        "command": "START_CHARGE",
        "error_detail": "The vehicle's authorization was revoked.",
        "internal_command_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        **fields,
    }


def command_log_json(*, vehicle_id: str = "", **fields: Any) -> Json:
    logged_at = fields.setdefault("logged_at", "2024-04-17T09:39:45.984584Z")
    vehicle = url(f"/vehicles/{vehicle_id or an_id('vhcl')}")
    return {
        "url": f"{vehicle}/command_logs/{logged_at}",
        "vehicle": vehicle,
        "command": "START_CHARGE",
        "external_command_id": "ext-cmd-12345",
        "current_milliamps": 32000,
        "internal_command_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        **fields,
    }


def problem_json(status: int, *, kind: str = "", **fields: Any) -> Json:
    """An RFC 9457 problem; `kind` is the last part of its type, e.g. `validation-failed-create-vehicle`."""
    problem = {"status": status, "title": f"Problem {status}", "detail": "It could not be done.", **fields}
    return {"type": url(f"/problems/{kind}/"), **problem} if kind else problem


HOME = {"address_1": "1 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country_code": "GB"}


def home_json(*, tariff: Json | int | None = 1, **fields: Any) -> Json:
    """As an owner's `default_location`; `tariff` is its number, or itself, expanded, or none."""
    reference = url(f"/tariffs/{an_id('tari', tariff)}") if isinstance(tariff, int) else tariff
    return {**HOME, "address_2": None, "state": None, "tariff": reference, **fields}


def supplier_json(number: int = 1, **fields: Any) -> Json:
    supplier_id = an_id("supl", number)
    address = url(f"/suppliers/{supplier_id}")
    return {"id": supplier_id, "url": address, "name": f"Supplier {number}", "icon": None, **fields}


def tariff_json(number: int = 1, *, supplier: Json | int = 1, **fields: Any) -> Json:
    tariff_id = an_id("tari", number)
    return {
        "id": tariff_id,
        "url": url(f"/tariffs/{tariff_id}"),
        "supplier": supplier if isinstance(supplier, dict) else url(f"/suppliers/{an_id('supl', supplier)}"),
        "name": f"Tariff {number}",
        "currency": "GBP",
        **fields,
    }


def sub_session_json(number: int = 1, *, vehicle: int = 1, **fields: Any) -> Json:
    """A night's smart charge."""
    sub_session_id = an_id("csub", number)
    return {
        "id": sub_session_id,
        "url": url(f"/charging_sub_sessions/{sub_session_id}"),
        "start": "2026-03-14T04:10:00Z",
        "end": "2026-03-14T07:30:00Z",
        "mode": "SMART",
        "vehicle": url(f"/vehicles/{an_id('vhcl', vehicle)}"),
        "energy_delivered_watt_hours": 18_000,
        "cost": 216,
        "currency": "GBP",
        "location": {"name": "Home"},
        "total_co2_grams": 2160,
        "co2_intensity_grams_per_kilowatt_hour": 120,
        "co2_intensity_classification": "low",
        "savings_cost": 324,
        "savings_co2_grams": 1620,
        "duration_minutes": 150,
        "grid_energy_delivered_watt_hours": 18_000,
        "solar_energy_delivered_watt_hours": None,
        **fields,
    }
