"""What cars charged and whether they were at home, worked out from the car and the clock; nothing is stored.

A car is charged once a night (`telemetry.habits`), smartly if nothing was missing when the charge began.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from onboarding_portal.sandbox.identifiers import share, stable_id
from onboarding_portal.sandbox.moments import DAY_US, iso
from onboarding_portal.sandbox.records import User, Vehicle
from onboarding_portal.sandbox.telemetry import Entry, doing_at, habits, sample_times

KEPT_DAYS = 40
BOOST_SHARE = 0.04
PRICE, NIGHT_PRICE = 30, 12  # for a kWh, in the currency's smallest unit
CO2_G, NIGHT_CO2_G = 210, 120  # for a kWh


@dataclass(frozen=True, kw_only=True)
class SubSession:
    item_id: str
    vehicle: Vehicle
    mode: str
    start_us: int
    end_us: int
    energy_wh: int

    @property
    def is_smart(self) -> bool:
        return self.mode == "SMART"

    def price(self) -> int:
        return self.energy_wh * (NIGHT_PRICE if self.is_smart else PRICE) // 1000

    def co2_g(self) -> int:
        return self.energy_wh * (NIGHT_CO2_G if self.is_smart else CO2_G) // 1000


def sub_sessions(*, vehicle: Vehicle, owner: User, low_us: int, now_us: int) -> Iterator[SubSession]:
    """The vehicle's, of the nights from `low_us` on, oldest first. One that lasts yet is among them."""
    day = habits(vehicle)
    low_us = max(low_us, now_us - KEPT_DAYS * DAY_US)
    for number in range(low_us // DAY_US, now_us // DAY_US + 1):
        start_us = number * DAY_US + day.charges_from_us
        end_us = start_us + day.charging_us
        if start_us > now_us or not _charges(vehicle, start_us, end_us):
            continue
        yield SubSession(
            item_id=stable_id("csub", vehicle.vehicle_id, number),
            vehicle=vehicle,
            mode=_mode(vehicle, owner, start_us, number),
            start_us=start_us,
            end_us=end_us,
            energy_wh=day.used_wh,
        )


def _charges(vehicle: Vehicle, start_us: int, end_us: int) -> bool:
    return vehicle.is_plugged_in_at_night and any(
        period.start_us <= start_us and (period.end_us is None or end_us <= period.end_us)
        for period in vehicle.periods
    )


def _mode(vehicle: Vehicle, owner: User, start_us: int, night: int) -> str:
    if vehicle.was_ready(start_us):
        # The night after it became ready is always a smart one: the first is what rehearsals wait for.
        is_later = vehicle.was_ready(start_us - DAY_US)
        return "BOOST" if is_later and share(vehicle.vehicle_id, night) < BOOST_SHARE else "SMART"
    return "UNMANAGED_HOME" if owner.has_address and vehicle.is_at_home else "UNMANAGED_OTG"


@dataclass(frozen=True, kw_only=True)
class LocationLog:
    """When the vehicle said where it is: with each status."""

    vehicle: Vehicle
    owner: User
    now_us: int

    def entries(self, *, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]:
        times = sample_times(
            periods=self.vehicle.periods,
            low_us=low_us,
            high_us=min(high_us, self.now_us),
            newest_first=newest_first,
        )
        for at_us in times:
            body = {"sampled_at": iso(at_us), "logged_at": iso(at_us), "at_home": self._is_at_home(at_us)}
            yield Entry(at_us, body)

    def _is_at_home(self, at_us: int) -> bool | None:
        if not self.owner.has_address:
            return None
        car = doing_at(day=habits(self.vehicle), time_us=at_us % DAY_US)
        return self.vehicle.is_at_home and (not car.has_left or car.driven >= 1)
