"""Command logs and error logs, worked out day by day from the vehicle's id, its cause and the clock.

A command that failed and the error it caused carry the same `internal_command_id`.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from onboarding_portal.sandbox.causes import CAUSES, Cause, controller_of
from onboarding_portal.sandbox.identifiers import number, share
from onboarding_portal.sandbox.moments import DAY_US, HOUR_US, SECOND_US, iso
from onboarding_portal.sandbox.records import Vehicle
from onboarding_portal.sandbox.telemetry import Entry, habits

FAILING_SHARE = 0.08
OUTAGE_ERROR_EVERY_US = 8 * HOUR_US
OUTAGE_ERRORS_FOR_US = 30 * DAY_US


def has_data(*, vehicle: Vehicle, moment_us: int) -> bool:
    return any(
        period.start_us <= moment_us and (period.end_us is None or moment_us < period.end_us)
        for period in vehicle.periods
    )


def commands_of_day(*, vehicle: Vehicle, day: int) -> list[Entry]:
    """Oldest first: the evening's schedule, a wake-up on some days, and the night's start and stop."""
    times = habits(vehicle)
    start_us = times.charges_from_us
    plan = [
        ("START_CHARGE", start_us, 16_000 if vehicle.battery_size_wh < 30_000 else 32_000),
        ("STOP_CHARGE", start_us + times.charging_us + 5 * 60 * SECOND_US, 0),
        ("SEND_SCHEDULE", times.plugs_in_us + 90 * SECOND_US, None),
    ]
    if share(vehicle.vehicle_id, day, "wake-up") < 0.4:
        plan.insert(0, ("WAKE_UP", start_us - 30 * SECOND_US, None))
    entries = []
    for command, time_us, current_milliamps in plan:
        key = (vehicle.vehicle_id, day, command)
        at_us = day * DAY_US + time_us + number(*key) % (40 * SECOND_US)
        if has_data(vehicle=vehicle, moment_us=at_us):
            entries.append(
                Entry(at_us, command_body(key=key, at_us=at_us, current_milliamps=current_milliamps))
            )
    # A wake-up comes late now and then, after the start it was meant for.
    return sorted(entries, key=lambda entry: entry.at_us)


def command_body(*, key: tuple[str, int, str], at_us: int, current_milliamps: int | None) -> dict[str, Any]:
    is_external = share(*key, "external") < 0.7
    return {
        "logged_at": iso(at_us),
        "command": key[2],
        "external_command_id": f"ext-cmd-{number(*key, 'external') % 1_000_000:06d}" if is_external else None,
        "current_milliamps": current_milliamps,
        "internal_command_id": str(UUID(int=number(*key, "internal"), version=4)),
    }


def errors_of_day(*, vehicle: Vehicle, day: int, make_name: str) -> list[Entry]:
    """Oldest first: errors of commands that failed, an odd hiccup of the provider, and those of an outage."""
    entries = []
    for command in commands_of_day(vehicle=vehicle, day=day):
        is_deaf = not vehicle.takes_commands and command.body["command"] == "START_CHARGE"
        if is_deaf or share(command.body["internal_command_id"], "fails") < FAILING_SHARE:
            name = ("ASLEEP", "PROVIDER_DOWN", "OUT_OF_COVERAGE")[number(vehicle.vehicle_id, day) % 3]
            at_us = command.at_us + 3 * SECOND_US + number(command.at_us) % (20 * SECOND_US)
            body = error_body(cause=CAUSES[name], at_us=at_us, vehicle=vehicle, make_name=make_name)
            body["command"] = command.body["command"]
            body["internal_command_id"] = command.body["internal_command_id"]
            entries.append(Entry(at_us, body))
    if share(vehicle.vehicle_id, day, "hiccup") < 0.15:
        at_us = day * DAY_US + number(vehicle.vehicle_id, day, "hiccup") % DAY_US
        cause = CAUSES["PROVIDER_DOWN" if day % 2 else "PROVIDER_LIMITED"]
        if has_data(vehicle=vehicle, moment_us=at_us):
            entries.append(
                Entry(at_us, error_body(cause=cause, at_us=at_us, vehicle=vehicle, make_name=make_name))
            )
    entries += outage_errors(
        vehicle=vehicle, low_us=day * DAY_US, high_us=(day + 1) * DAY_US, make_name=make_name
    )
    return sorted(entries, key=lambda entry: entry.at_us)


def outage_errors(*, vehicle: Vehicle, low_us: int, high_us: int, make_name: str) -> Iterator[Entry]:
    """While data has stopped, the fitting error every few hours."""
    for place, period in enumerate(vehicle.periods):
        if period.end_us is None:
            return
        start_us, cause = period.end_us, CAUSES[period.end_cause or "UNKNOWN"]
        following = vehicle.periods[place + 1].start_us if place + 1 < len(vehicle.periods) else high_us
        end_us = min(high_us, following, start_us + OUTAGE_ERRORS_FOR_US)
        at_us = start_us + number(vehicle.vehicle_id, start_us) % SECOND_US
        at_us += max(0, -((at_us - low_us) // OUTAGE_ERROR_EVERY_US)) * OUTAGE_ERROR_EVERY_US
        while at_us < end_us:
            yield Entry(at_us, error_body(cause=cause, at_us=at_us, vehicle=vehicle, make_name=make_name))
            at_us += OUTAGE_ERROR_EVERY_US


def error_body(*, cause: Cause, at_us: int, vehicle: Vehicle, make_name: str) -> dict[str, Any]:
    digits = f"{number(vehicle.vehicle_id, at_us, 'request'):032x}"
    return {
        "logged_at": iso(at_us),
        "status_code": cause.status_code,
        "controller": controller_of(make_name),
        "error_code": cause.error_code,
        "error_type": cause.error_type,
        "request_id": "-".join(digits[place : place + 5] for place in range(0, 25, 5)),
        "command": cause.command,
        "error_detail": cause.error_detail,
        "internal_command_id": None,
    }
