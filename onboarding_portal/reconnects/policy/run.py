"""What the clock has the policy do: choose the cars that are due, and queue an e-mail for each.

Each piece is one transaction under a lock on the policy's row. Two workers at once take turns and see each other's
work; one that is killed leaves whole pieces. Background lanes send what is queued, as they do for staff's batches.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from onboarding_portal.accounts.audit import POLICY, About, Act, Recorder, about_cars
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.models import (
    CHUNK,
    Arm,
    Origin,
    Policy,
    PolicyChoice,
    PolicyVersion,
    Reconnect,
    State,
    Trial,
    flag_unstable,
)
from onboarding_portal.reconnects.policy.arms import arm_of
from onboarding_portal.reconnects.policy.choice import chosen, room_left
from onboarding_portal.vehicles.models import Vehicle

# Who is held back is mailed like all others after so long.
HELD_BACK_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class _Car:
    vehicle_id: str
    stale_since: datetime


class _Written:
    """What the audit log is told: one entry for all pieces of a run, and one for those put off."""

    def __init__(self) -> None:
        self.mailed = Recorder(act=Act.POLICY_MAILED, actor=POLICY)
        self.put_off = Recorder(act=Act.POLICY_PUT_OFF, actor=POLICY)


def run(*, now: datetime) -> Counter[Arm]:
    """Returns how many cars were queued (MAIN), held back, and put off. Nothing while the policy is off."""
    if not Policy.objects.is_on():
        return Counter()
    flag_unstable(now=now)
    total: Counter[Arm] = Counter()
    written = _Written()
    while (done := _run_piece(now=now, written=written)) is not None:
        total += done
    return total


def _run_piece(*, now: datetime, written: _Written) -> Counter[Arm] | None:
    """One transaction's work; None once nothing is due, or nothing more may be sent today."""
    with transaction.atomic():
        policy = Policy.objects.held(now=now)
        if not policy.is_on or policy.version is None:
            return None
        version = policy.version
        room = min(room_left(version, now=now), CHUNK)
        if not room:
            return None
        rows = chosen(version=version, now=now).values_list("pk", "stale_since")[:room]
        cars = [_Car(*row) for row in rows]
        if not cars:
            return None
        done = _take(cars, version=version, now=now, written=written)
        transaction.on_commit(partial(tasks.wake, tasks.Lane.MAILS, now=now))
    return done


def _take(cars: Sequence[_Car], *, version: PolicyVersion, now: datetime, written: _Written) -> Counter[Arm]:
    earlier = _choices_of(cars)
    asked: list[PolicyChoice] = []
    put_off: list[PolicyChoice] = []
    for car in cars:
        of_car = earlier.get(car, [])
        choice = next((each for each in of_car if each.reconnect_id is None), None)
        if choice is None:
            choice = _new_choice(car, asking=len(of_car) + 1, version=version, now=now)
        (put_off if choice.mail_from > now else asked).append(choice)
    PolicyChoice.objects.bulk_create(put_off)
    queued = _queue(asked, version=version, now=now)
    written.put_off(_about(put_off))
    written.mailed(_about(queued))
    return Counter({Arm.MAIN: len(queued)}) + Counter(Arm(choice.arm) for choice in put_off)


def _about(choices: Iterable[PolicyChoice]) -> list[About]:
    cars = Vehicle.objects.filter(pk__in=[choice.vehicle_id for choice in choices])
    return about_cars(cars.order_by("pk").values_list("pk", "owner_id"))


def _choices_of(cars: Sequence[_Car]) -> dict[_Car, list[PolicyChoice]]:
    """The earlier choices for the breaks these cars are in now."""
    of: dict[_Car, list[PolicyChoice]] = {car: [] for car in cars}
    for choice in PolicyChoice.objects.filter(vehicle__in=[car.vehicle_id for car in cars]).order_by(
        "asking"
    ):
        car = _Car(choice.vehicle_id, choice.stale_since)
        if car in of:
            of[car].append(choice)
    return of


def _new_choice(car: _Car, *, asking: int, version: PolicyVersion, now: datetime) -> PolicyChoice:
    trial = Trial(version.trial)
    arm = arm_of(vehicle_id=car.vehicle_id, stale_since=car.stale_since, trial=trial)
    waits = {Arm.HELD_BACK: HELD_BACK_FOR, Arm.LATER: timedelta(hours=version.later_by_hours)}
    # Only the first e-mail about a break is put off: what came of it is what the arms are compared by.
    wait = waits.get(arm, timedelta(0)) if asking == 1 else timedelta(0)
    return PolicyChoice(
        vehicle_id=car.vehicle_id,
        stale_since=car.stale_since,
        asking=asking,
        version=version,
        arm=arm,
        chosen_at=now,
        mail_from=now + wait,
    )


def _queue(choices: Iterable[PolicyChoice], *, version: PolicyVersion, now: datetime) -> list[PolicyChoice]:
    """A reconnect for each; where an owner's click was faster, theirs stands and the choice is left out."""
    by_vehicle = {choice.vehicle_id: choice for choice in choices}
    Reconnect.objects.bulk_create(
        [
            Reconnect(
                vehicle_id=vehicle_id,
                origin=Origin.RULE,
                wants_email=True,
                created_at=now,
                next_work_at=now,
            )
            for vehicle_id in by_vehicle
        ],
        ignore_conflicts=True,
    )
    made = Reconnect.objects.filter(
        vehicle__in=by_vehicle, origin=Origin.RULE, state=State.QUEUED, policy_choice=None
    )
    for vehicle_id, pk in made.values_list("vehicle", "pk"):
        by_vehicle[vehicle_id].reconnect_id = pk
    taken = [choice for choice in by_vehicle.values() if choice.reconnect_id]
    PolicyChoice.objects.bulk_create([choice for choice in taken if choice.pk is None])
    again = [choice for choice in taken if choice.pk is not None]
    for choice in again:
        if choice.arm == Arm.MAIN:  # chosen before the policy was stopped: it goes out by the rules of today
            choice.version, choice.chosen_at, choice.mail_from = version, now, now
    PolicyChoice.objects.bulk_update(again, ["reconnect", "version", "chosen_at", "mail_from"])
    return taken
