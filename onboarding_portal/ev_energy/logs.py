"""A vehicle's logs, as ev.energy keeps them: what the car said, what failed, what was sent to it.

Times are aware and in UTC. `raw` is the whole entry as it came, for staff. ev.energy may add words to its
enumerations, so those stay strings; an unknown one is shown as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLog:
    """What the car said at `sampled_at`; None is "the car did not say"."""

    sampled_at: datetime
    logged_at: datetime | None
    vehicle_id: str | None
    vehicle_description: str | None  # None unless the vehicle was expanded
    state_of_charge_percentage: int | None
    is_charging: bool | None
    is_plugged_in: bool | None
    is_complete: bool | None
    state: str | None
    odometer_m: int | None
    charge_rate_w: int | None
    estimated_charge_rate_w: int | None
    charge_level_wh: int | None
    target_charge_level_percentage: int | None
    target_charge_level_wh: int | None
    charge_energy_added_wh: int | None
    minutes_to_full_charge: int | None
    current_type: str | None
    data_source: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            sampled_at=fields.moment("sampled_at"),
            logged_at=fields.optional_moment("logged_at"),
            vehicle_id=fields.optional_reference_id("vehicle", pattern=ids.VEHICLE_ID_PATTERN),
            vehicle_description=_vehicle_description(fields),
            state_of_charge_percentage=fields.optional_integer("state_of_charge_percentage"),
            is_charging=fields.optional_flag("is_charging"),
            is_plugged_in=fields.optional_flag("is_plugged_in"),
            is_complete=fields.optional_flag("is_complete"),
            state=fields.optional_text("state"),
            odometer_m=fields.optional_integer("odometer_meters"),
            charge_rate_w=fields.optional_integer("charge_rate_watts"),
            estimated_charge_rate_w=fields.optional_integer("estimated_charge_rate_watts"),
            charge_level_wh=fields.optional_integer("charge_level_watt_hours"),
            target_charge_level_percentage=fields.optional_integer("target_charge_level_percentage"),
            target_charge_level_wh=fields.optional_integer("target_charge_level_watt_hours"),
            charge_energy_added_wh=fields.optional_integer("charge_energy_added_watt_hours"),
            minutes_to_full_charge=fields.optional_integer("minutes_to_full_charge"),
            current_type=fields.optional_text("current_type"),
            data_source=fields.optional_text("data_source"),
            raw=fields.values,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLog:
    """A call to the manufacturer's service that failed at `logged_at`."""

    logged_at: datetime
    vehicle_id: str | None
    vehicle_description: str | None
    status_code: int | None
    controller: str | None
    error_code: str | None
    error_type: str | None
    error_detail: str | None
    command: str | None
    request_id: str | None
    internal_command_id: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            logged_at=fields.moment("logged_at"),
            vehicle_id=fields.optional_reference_id("vehicle", pattern=ids.VEHICLE_ID_PATTERN),
            vehicle_description=_vehicle_description(fields),
            status_code=fields.optional_integer("status_code"),
            controller=fields.optional_text("controller"),
            error_code=fields.optional_text("error_code"),
            error_type=fields.optional_text("error_type"),
            error_detail=fields.optional_text("error_detail"),
            command=fields.optional_text("command"),
            request_id=fields.optional_text("request_id"),
            internal_command_id=fields.optional_text("internal_command_id"),
            raw=fields.values,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLog:
    """A command sent to the car at `logged_at`; `internal_command_id` links it to the errors it caused."""

    logged_at: datetime
    vehicle_id: str | None
    vehicle_description: str | None
    command: str | None
    external_command_id: str | None
    current_milliamps: int | None
    internal_command_id: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            logged_at=fields.moment("logged_at"),
            vehicle_id=fields.optional_reference_id("vehicle", pattern=ids.VEHICLE_ID_PATTERN),
            vehicle_description=_vehicle_description(fields),
            command=fields.optional_text("command"),
            external_command_id=fields.optional_text("external_command_id"),
            current_milliamps=fields.optional_integer("current_milliamps"),
            internal_command_id=fields.optional_text("internal_command_id"),
            raw=fields.values,
        )


def _vehicle_description(fields: Fields) -> str | None:
    if not fields.has_object("vehicle"):
        return None
    return fields.object("vehicle").optional_text("description")
