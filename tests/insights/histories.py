"""Random histories: cars, what befell them, reconnects, attempts and searches, made from plain choices."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from onboarding_portal.catalogue.models import Make, UnknownSearch
from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState, StepCount
from onboarding_portal.onboarding.steps import Step
from onboarding_portal.reconnects.models import CameBack, Origin, Reconnect, State
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import NOW, make_attempt, make_id, make_make, make_owner, make_vehicle

HOUR = timedelta(hours=1)
LONGEST_AGO = 24 * 120
HOURS = st.integers(0, LONGEST_AGO)
MAYBE_HOURS = st.none() | st.integers(0, 24 * 20)
CAUSES = ["", Cause.SIGN_IN_EXPIRED, Cause.ACCESS_REVOKED]


@dataclass(frozen=True)
class Car:
    make: int
    integration: str
    is_disabled: bool
    is_removed: bool
    reason: str
    cause: str
    stale_hours: int
    has_data: bool


@dataclass(frozen=True)
class Repair:
    car: int
    asked_hours_ago: int
    origin: str
    reminders: int
    opened_after: int | None
    left_after: int | None
    back_after: int | None
    came_back_with: str
    data_after: int | None


@dataclass(frozen=True)
class Connecting:
    make: int
    hours_ago: int
    is_preparing: bool
    is_back: bool
    car: int | None


@dataclass(frozen=True)
class History:
    cars: list[Car]
    repairs: list[Repair]
    attempts: list[Connecting]
    steps: list[tuple[int, Step, int]]
    searches: list[tuple[int, str]]


CARS = st.builds(
    Car,
    make=st.integers(0, 2),
    integration=st.sampled_from(Integration),
    is_disabled=st.booleans(),
    is_removed=st.booleans(),
    reason=st.sampled_from(["", *StaleReason]),
    cause=st.sampled_from(CAUSES),
    stale_hours=st.integers(0, LONGEST_AGO),
    has_data=st.booleans(),
)
REPAIRS = st.builds(
    Repair,
    car=st.integers(0, 4),
    asked_hours_ago=HOURS,
    origin=st.sampled_from(Origin),
    reminders=st.integers(0, 1),
    opened_after=MAYBE_HOURS,
    left_after=MAYBE_HOURS,
    back_after=MAYBE_HOURS,
    came_back_with=st.sampled_from(["", *CameBack]),
    data_after=MAYBE_HOURS,
)
ATTEMPTS = st.builds(
    Connecting,
    make=st.integers(0, 2),
    hours_ago=HOURS,
    is_preparing=st.booleans(),
    is_back=st.booleans(),
    car=st.none() | st.integers(0, 4),
)
DAYS_AGO = st.integers(0, 100)
HISTORIES = st.builds(
    History,
    cars=st.lists(CARS, min_size=5, max_size=8),
    repairs=st.lists(REPAIRS, max_size=12),
    attempts=st.lists(ATTEMPTS, max_size=6),
    steps=st.lists(st.tuples(DAYS_AGO, st.sampled_from(Step), st.integers(0, 2)), max_size=6),
    searches=st.lists(st.tuples(DAYS_AGO, st.sampled_from(["lucid air", "lotus"])), max_size=4),
)


def write(history: History) -> None:
    makes: list[Make | None] = [None, make_make("Volvo"), make_make("Kia")]
    cars = [_car(car, makes[car.make]) for car in history.cars]
    for repair in history.repairs:
        _repair(repair, cars[repair.car])
    for attempt in history.attempts:
        _attempt(attempt, makes[attempt.make], cars)
    for days_ago, step, make in history.steps:
        day = NOW.date() - timedelta(days=days_ago)
        StepCount.objects.add(day=day, step=step, make_id=_pk(makes[make]) if step is Step.PICKED else "")
    for days_ago, words in history.searches:
        assert UnknownSearch.objects.note(words, day=NOW.date() - timedelta(days=days_ago))


def _pk(make: Make | None) -> str:
    return make.pk if make else ""


def _car(car: Car, make: Make | None) -> Vehicle:
    is_stale = bool(car.reason) and not car.is_removed
    fields: dict[str, Any] = {
        "stale_since": NOW - car.stale_hours * HOUR if is_stale else None,
        "stale_reason": car.reason if is_stale else "",
        "cause": car.cause if is_stale else "",
        "removed_at": NOW if car.is_removed else None,
    }
    return make_vehicle(
        owner=make_owner(),
        make=make,
        integration=car.integration,
        is_disabled=car.is_disabled,
        last_status_at=NOW - HOUR if car.has_data else None,
        connected_at=NOW - 24 * 200 * HOUR,
        **fields,
    )


def _repair(repair: Repair, car: Vehicle) -> None:
    asked_at = NOW - repair.asked_hours_ago * HOUR

    def after(hours: int | None) -> datetime | None:
        moment = None if hours is None else asked_at + hours * HOUR
        return moment if moment and moment <= NOW else None

    left_at, data_at = after(repair.left_after), after(repair.data_after)
    came_back_at = after(repair.back_after) if left_at else None
    is_mailed = repair.origin in {Origin.EMAIL, Origin.RULE}
    has_open = Reconnect.objects.filter(vehicle=car).open().exists()
    state = State.RECONNECTED if data_at else State.EMAILED if is_mailed and not has_open else State.EXPIRED
    Reconnect.objects.create(
        vehicle=car,
        state=state,
        origin=repair.origin,
        wants_email=is_mailed,
        reminders_sent=repair.reminders if is_mailed else 0,
        created_at=asked_at,
        opened_at=after(repair.opened_after),
        redirected_at=left_at,
        came_back_at=came_back_at,
        came_back_with=repair.came_back_with if came_back_at else "",
        reconnected_at=data_at,
        ended_at=None if state == State.EMAILED else NOW,
    )


def _attempt(attempt: Connecting, make: Make | None, cars: list[Vehicle]) -> None:
    started_at = NOW - attempt.hours_ago * HOUR
    is_connected = attempt.is_back and attempt.car is not None
    row: Attempt = make_attempt(
        make_id=_pk(make),
        started_at=started_at,
        returned_at=started_at if attempt.is_back else None,
        user_due_at=NOW if attempt.is_preparing else None,
        state=AttemptState.CONNECTED if is_connected else AttemptState.STARTED,
    )
    if attempt.car is not None and is_connected:
        Claim.objects.create(attempt=row, vehicle_id=cars[attempt.car].pk, state=ClaimState.STORED)
        Claim.objects.create(attempt=row, vehicle_id=make_id("vhcl"), state=ClaimState.UNKNOWN)
