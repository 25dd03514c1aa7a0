"""Status logs, worked out from the vehicle and the clock whenever they are read; nothing is stored.

Every car lives the same kind of day: out in the morning, home in the evening, plugged in, charged in the night.
When, how far and how fast depends on its id, so each car's story is its own and is the same at every reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from onboarding_portal.sandbox.identifiers import number, share
from onboarding_portal.sandbox.moments import DAY_US, HOUR_US, SECOND_US, iso
from onboarding_portal.sandbox.records import Period, Vehicle

TARGET_PERCENTAGE = 80
CHARGE_RATE_WATTS = 7_200
WATT_HOURS_PER_KM = 170


@dataclass(frozen=True)
class Entry:
    """One log entry: when it counts as happened, and its fields but for `url` and `vehicle`."""

    at_us: int
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Habits:
    """One car's day, in microseconds since midnight UTC."""

    leaves_us: int
    returns_us: int
    plugs_in_us: int
    charges_from_us: int
    charging_us: int
    daily_km: float
    used_wh: int

    @property
    def drive_us(self) -> int:
        return 40 * 60 * SECOND_US


def habits(vehicle: Vehicle) -> Habits:
    key = vehicle.vehicle_id
    daily_km = 18 + 50 * share(key, "km")
    used_wh = min(round(daily_km * WATT_HOURS_PER_KM), vehicle.battery_size_wh * 7 // 10)
    returns_us = int((16.5 + 2 * share(key, "returns")) * HOUR_US)
    return Habits(
        leaves_us=int((6.5 + 2 * share(key, "leaves")) * HOUR_US),
        returns_us=returns_us,
        plugs_in_us=returns_us + int((0.8 + 2 * share(key, "plugs")) * HOUR_US),
        charges_from_us=int((0.5 + 1.5 * share(key, "charges")) * HOUR_US),
        charging_us=used_wh * HOUR_US // CHARGE_RATE_WATTS,
        daily_km=daily_km,
        used_wh=used_wh,
    )


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What a car does at one time of its day; `driven` and `charged` are parts of the day's way and charge."""

    has_left: bool
    driven: float
    charged: float
    is_driving: bool
    is_plugged_in: bool
    left_to_charge_us: int

    @property
    def is_charging(self) -> bool:
        return self.left_to_charge_us > 0

    @property
    def is_complete(self) -> bool:
        return self.is_plugged_in and not self.has_left and self.charged >= 1

    @property
    def state(self) -> str:
        if self.is_driving:
            return "DRIVING"
        if not self.is_plugged_in:
            return "STATIONARY"
        if self.is_charging:
            return "PLUGGED_IN_CHARGING"
        return "PLUGGED_IN_COMPLETE" if self.is_complete else "PLUGGED_IN_NOT_CHARGING"


def doing_at(*, day: Habits, time_us: int) -> Doing:
    has_left = time_us >= day.leaves_us
    away = [progress(time_us, day.leaves_us, day.drive_us), progress(time_us, day.returns_us, day.drive_us)]
    charge_us = time_us - day.charges_from_us
    is_charging = not has_left and 0 <= charge_us < day.charging_us
    return Doing(
        has_left=has_left,
        driven=sum(away) / 2,
        charged=progress(time_us, day.charges_from_us, max(day.charging_us, 1)),
        is_driving=any(0 < part < 1 for part in away),
        is_plugged_in=not has_left or time_us >= day.plugs_in_us,
        left_to_charge_us=day.charging_us - charge_us if is_charging else 0,
    )


def progress(time_us: int, start_us: int, length_us: int) -> float:
    return min(1.0, max(0.0, (time_us - start_us) / length_us))


def status_at(*, vehicle: Vehicle, moment_us: int) -> dict[str, Any]:
    """The fields of a status log sampled at that moment, all but `url` and `vehicle`."""
    day = habits(vehicle)
    car = doing_at(day=day, time_us=moment_us % DAY_US)
    missing_wh = day.used_wh * (car.driven if car.has_left else 1 - car.charged)
    level_wh = round(vehicle.battery_size_wh * TARGET_PERCENTAGE / 100 - missing_wh)
    days_driven = moment_us // DAY_US - 20_000 + car.driven
    odometer_km = 4_000 + number(vehicle.vehicle_id) % 60_000 + days_driven * day.daily_km
    if not vehicle.is_plugged_in_at_night:
        car = replace(car, is_plugged_in=False, left_to_charge_us=0)
    is_being_filled = car.is_plugged_in and not car.has_left
    return {
        "sampled_at": iso(moment_us),
        "logged_at": iso(moment_us + logging_delay_us(vehicle=vehicle, moment_us=moment_us)),
        "state_of_charge_percentage": round(100 * level_wh / vehicle.battery_size_wh),
        "is_charging": car.is_charging,
        "is_plugged_in": car.is_plugged_in,
        "charge_rate_watts": CHARGE_RATE_WATTS if car.is_charging else 0,
        "estimated_charge_rate_watts": None,
        "charge_level_watt_hours": level_wh,
        "target_charge_level_percentage": TARGET_PERCENTAGE,
        "target_charge_level_watt_hours": vehicle.battery_size_wh * TARGET_PERCENTAGE // 100,
        "charge_energy_added_watt_hours": round(day.used_wh * car.charged) if is_being_filled else None,
        "minutes_to_full_charge": car.left_to_charge_us // (60 * SECOND_US) if car.is_charging else None,
        "current_type": "AC - Typically home chargers" if car.is_plugged_in else None,
        "is_complete": car.is_complete,
        "odometer_meters": round(max(0.0, odometer_km) * 1000),
        "data_source": None,
        "state": car.state,
    }


def logging_delay_us(*, vehicle: Vehicle, moment_us: int) -> int:
    return 200_000 + number(vehicle.vehicle_id, moment_us) % 1_800_000


def sample_times(*, periods: list[Period], low_us: int, high_us: int, newest_first: bool) -> Iterator[int]:
    """Moments of samples from `low_us` to `high_us`, both included. Only what is asked for is worked out."""
    for period in reversed(periods) if newest_first else periods:
        end_us = high_us if period.end_us is None else min(high_us, period.end_us - 1)
        first = max(0, -((period.start_us - low_us) // period.interval_us))
        last = (end_us - period.start_us) // period.interval_us
        places = range(last, first - 1, -1) if newest_first else range(first, last + 1)
        for place in places:
            yield period.start_us + place * period.interval_us


def status_entries(*, vehicle: Vehicle, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]:
    for moment_us in sample_times(
        periods=vehicle.periods, low_us=low_us, high_us=high_us, newest_first=newest_first
    ):
        yield Entry(moment_us, status_at(vehicle=vehicle, moment_us=moment_us))
