"""Why a car is not charged smartly, for a colleague on the phone: each need, asked of ev.energy just now.

Four requests at most, with staff's rank: the owner's home, how the car can be controlled, where it was, its errors.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from onboarding_portal.diagnostics.problems import Problem, problem_of
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.granted import lacks
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.ev_energy.smart_charging_resources import Home
from onboarding_portal.readiness.facts import facts_of, note_home, review
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import Answer, Met, Need, answers
from onboarding_portal.readiness.scopes import steps_wanted

T = TypeVar("T")

AT_HOME_WITHIN = timedelta(days=7)
COMMANDS_WITHIN = timedelta(days=3)
# One failed command is nothing: cars sleep, and services hiccup.
FAILED_STARTS = 2


@dataclass(slots=True, kw_only=True)
class Why:
    """`missing` is the one to mend now, None where nothing is known to be missing. `problems` are calls that failed.

    `home` is what ev.energy has, for who may see it; it is not kept.
    """

    readiness: Readiness
    answers: list[Answer]
    missing: Need | None
    home: Home | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_not_known(self) -> bool:
        return self.missing is None and any(each.met is Met.NOT_KNOWN for each in self.answers)


def why_not(*, readiness: Readiness, client: Client, now: datetime) -> Why:
    """Asks ev.energy, keeps what it says, and answers."""
    problems: list[Problem] = []
    with priority(Priority.STAFF):
        home = _read_home(readiness, client, problems, now=now)
        _read_car(readiness, client, problems, now=now)
    steps = steps_wanted()
    missing = review(readiness, steps=steps, now=now)
    said = answers(facts_of(readiness, steps=steps, now=now))
    return Why(readiness=readiness, answers=said, missing=missing, home=home, problems=problems)


def _read_home(
    readiness: Readiness, client: Client, problems: list[Problem], *, now: datetime
) -> Home | None:
    vehicle = readiness.vehicle
    user_id = vehicle.owner.ev_energy_user_id
    if not user_id or vehicle.handed_over_under:
        return None
    with_tariff = not lacks("tariff:read")
    said = _asked(lambda: client.user_at_home(user_id=user_id, with_tariff=with_tariff), problems, now=now)
    if said is None:
        return None
    note_home(owner_id=vehicle.owner_id, home=said.home, now=now)
    return said.home


def _read_car(readiness: Readiness, client: Client, problems: list[Problem], *, now: datetime) -> None:
    pk = readiness.pk
    modes = _asked(lambda: client.control_modes(vehicle_id=pk), problems, now=now)
    places = _asked(
        lambda: next(client.location_logs(vehicle_id=pk, since=now - AT_HOME_WITHIN)), problems, now=now
    )
    errors = _asked(
        lambda: next(client.logs(ErrorLog, vehicle_id=pk, since=now - COMMANDS_WITHIN)), problems, now=now
    )
    found: dict[str, bool | None] = {}
    if modes is not None:
        found["is_controllable"] = modes.any_for_charging
    if places is not None:
        said = {log.at_home for log in places.items} - {None}
        found["is_at_home"] = True in said if said else None
    if errors is not None:
        found["commands_arrive"] = commands_arrive(errors.items, readiness)
    Readiness.objects.filter(pk=pk).update(**found, looked_at=now)


def commands_arrive(errors: tuple[ErrorLog, ...], readiness: Readiness) -> bool | None:
    """False where the car was told to charge and several times was not reached, and has not charged smartly since."""
    since = readiness.latest_smart_at
    failed = [
        each for each in errors if each.command == "START_CHARGE" and (not since or each.logged_at > since)
    ]
    if len(failed) >= FAILED_STARTS:
        return False
    return True if since else None


def _asked(ask: Callable[[], T], problems: list[Problem], *, now: datetime) -> T | None:
    """What ev.energy says; None, with the problem noted, where it says nothing, or would again."""
    if any(problem.concerns_all for problem in problems):
        return None
    try:
        return ask()
    except EvEnergyError as error:
        problems.append(problem_of(error, now=now))
    return None
