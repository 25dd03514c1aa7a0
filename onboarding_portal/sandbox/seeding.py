"""Vehicles to start with: a demo owner's three, or thousands spread over owners.

The same arguments give the same ids on every start. Only what changes later goes into the state file.
"""

from onboarding_portal.sandbox.catalogue import Trim
from onboarding_portal.sandbox.causes import SEVERING, SILENCING
from onboarding_portal.sandbox.identifiers import number, share, stable_id
from onboarding_portal.sandbox.moments import DAY_US, HOUR_US, SECOND_US
from onboarding_portal.sandbox.records import Period, User, Vehicle
from onboarding_portal.sandbox.state import State
from onboarding_portal.sandbox.tariffs import tariffs

HISTORY_US = 30 * DAY_US
SEED_INTERVAL_US = 900 * SECOND_US
SILENT_SHARE = 0.03
UNINTEGRATED_SHARE = 0.01
ADDRESS_SHARE, TARIFF_SHARE, SWITCHED_ON_SHARE = 0.85, 0.8, 0.95
STATES = ("ACTIVE", "INACTIVE", "SILENT", "DISABLED")


def settle(*, vehicle: Vehicle, state: str, cause: str, since_us: int) -> None:
    """Puts a vehicle into one of STATES as of `since_us`; data flowed for a month before."""
    vehicle.integrated, vehicle.is_disabled, vehicle.cause = "ACTIVE", state == "DISABLED", ""
    start_us = since_us - HISTORY_US - number(vehicle.vehicle_id) % HOUR_US
    vehicle.periods = [Period(start_us=start_us, end_us=None, interval_us=SEED_INTERVAL_US)]
    if state == "INACTIVE":
        vehicle.disconnect(at_us=since_us, cause=cause or "SIGN_IN_EXPIRED")
    elif state == "SILENT":
        vehicle.fall_silent(at_us=since_us, cause=cause or "ASLEEP")


def seed_owner(*, state: State, email: str, now_us: int) -> User:
    """An owner with a car that works, one whose sign-in expired, and one that has been silent for days."""
    user = state.user_by_email(email) or state.add_user(email=email, now_us=now_us)
    if state.has_had_vehicles(user.user_id):
        return user
    trims = supported_trims(state)
    for place, (kind, days) in enumerate((("ACTIVE", 0), ("INACTIVE", 2), ("SILENT", 5))):
        trim = trims[(number(email.lower()) + place * 577) % len(trims)]
        vehicle = state.new_vehicle(user=user, trim=trim, car=f"demo {place}")
        settle(vehicle=vehicle, state=kind, cause="", since_us=now_us - days * DAY_US)
        state.save(vehicle)
    return user


def seed_fleet(*, state: State, vehicles: int, inactive_share: float) -> None:
    """Five vehicles for each four owners, in memory only: the state file holds what changes later."""
    trims = supported_trims(state)
    user: User | None = None
    for place in range(vehicles):
        if user is None or place % 5 != 4:
            user = fleet_owner(state=state, place=place)
        trim = trims[number("fleet", place) % len(trims)]
        vehicle_id = stable_id("vhcl", "fleet", place)
        state.put(
            fleet_vehicle(
                state=state, user=user, trim=trim, vehicle_id=vehicle_id, inactive_share=inactive_share
            )
        )


def fleet_owner(*, state: State, place: int) -> User:
    email = f"owner{place}@fleet.example"
    user = state.user_by_email(email)
    if user is None:
        user = User(
            user_id=stable_id("user", email),
            email=email,
            full_name=f"Owner {place}",
            joined_at_us=state.began_us - HISTORY_US,
            home=fleet_home(place),
        )
        state.put(user)
    return user


def fleet_vehicle(*, state: State, user: User, trim: Trim, vehicle_id: str, inactive_share: float) -> Vehicle:
    vehicle = Vehicle(
        vehicle_id=vehicle_id,
        legacy_id=number(vehicle_id) % 2**31,
        user_id=user.user_id,
        model_id=trim.model.model_id,
        trim_id=trim.trim_id,
        battery_size_wh=trim.battery_size_wh or trim.model.default_battery_size_wh,
        description=f"{trim.model.make.name} {trim.model.name}",
    )
    since_us = state.began_us - 3 * DAY_US - number(vehicle_id, "since") % (10 * DAY_US)
    draw = share(vehicle_id, "state")
    if draw < inactive_share:
        cause = SEVERING[number(vehicle_id, "cause") % len(SEVERING)]
        settle(vehicle=vehicle, state="INACTIVE", cause=cause, since_us=since_us)
    elif draw < inactive_share + SILENT_SHARE:
        cause = SILENCING[number(vehicle_id, "cause") % len(SILENCING)]
        settle(vehicle=vehicle, state="SILENT", cause=cause, since_us=since_us)
    elif draw < inactive_share + SILENT_SHARE + UNINTEGRATED_SHARE:
        vehicle.integrated = "UNINTEGRATED"
    else:
        settle(vehicle=vehicle, state="ACTIVE", cause="", since_us=state.began_us)
    vehicle.is_smart_charging_on = share(vehicle_id, "switch") < SWITCHED_ON_SHARE
    vehicle.note_whether_ready(owner=user, at_us=state.began_us - 2 * HISTORY_US)
    return vehicle


def fleet_home(place: int) -> dict[str, str]:
    """An address for most owners, a tariff for most of those."""
    draw = share("home", place)
    if draw >= ADDRESS_SHARE:
        return {}
    home = {"address_1": f"{place + 1} Mill Lane", "city": "London", "postal_code": "N1 9GU"}
    tariff_id = next(iter(tariffs())) if draw < TARIFF_SHARE else ""
    return {**home, "country_code": "GB", "tariff_id": tariff_id}


def supported_trims(state: State) -> list[Trim]:
    return [trim for trim in state.catalogue.trims.values() if trim.is_supported]
