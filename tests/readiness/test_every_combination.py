"""Every combination of what a car can lack, lived through in the sandbox: cause, mending, and the night after.

Each car is mended once. What it lacks then is another combination of the list, so that what is shown of each step
holds for the whole way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

import pytest
import requests
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.ev_energy.smart_charging_operations import Address
from onboarding_portal.readiness.background.job import follow
from onboarding_portal.readiness.models import Readiness, Reading, Subject
from onboarding_portal.readiness.needs import Met, Need
from onboarding_portal.readiness.owner.steps import save_address, save_switch, save_tariff
from onboarding_portal.readiness.staff.why import why_not
from onboarding_portal.sandbox import records
from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.control_of_needs import HOME
from onboarding_portal.sandbox.incidents import errors_of_day
from onboarding_portal.sandbox.moments import DAY_US, HOUR_US, SECOND_US
from onboarding_portal.sandbox.seeding import settle, supported_trims
from onboarding_portal.sandbox.server import Running, serve_in_thread
from onboarding_portal.sandbox.tariffs import tariffs
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.factories import make_owner, make_vehicle

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
COMBINATIONS = [frozenset(some) for size in range(len(Need) + 1) for some in combinations(Need, size)]
# How the sandbox has what neither the owner's pages nor a sign-in mend.
IN_LIFE = {
    Need.CONTROL: "is_controllable",
    Need.AT_HOME: "is_at_home",
    Need.PLUGGED_IN: "is_plugged_in_at_night",
    Need.COMMANDS: "takes_commands",
}


def now_us() -> int:
    return int(timezone.now().timestamp() * SECOND_US)


def is_lucky(car: records.Vehicle) -> bool:
    """Whether no command to charge failed lately: some do in the sandbox, as they do in life."""
    today = now_us() // DAY_US
    errors = (errors_of_day(vehicle=car, day=today - ago, make_name="x") for ago in range(4))
    return not any(each.body.get("command") == "START_CHARGE" for day in errors for each in day)


@dataclass
class Life:
    """One car, at ev.energy and here, and what it lacks."""

    sandbox: Running
    lacks: frozenset[Need]
    car: records.Vehicle
    readiness: Readiness

    @property
    def shown(self) -> set[Need]:
        """What is known to be missing: without an address nobody knows whether a car was at home."""
        return {need for need in self.lacks if need is not Need.AT_HOME or Need.ADDRESS not in self.lacks}

    def look(self) -> tuple[Need | None, set[Need]]:
        """The cause that staff's page shows, and all that it shows as missing."""
        self.readiness.refresh_from_db()
        found = why_not(readiness=self.readiness, client=get_client(), now=timezone.now())
        return found.missing, {each.need for each in found.answers if each.met is Met.NO}

    def mend(self, need: Need) -> None:
        """Takes the step that mends it: the owner's own where there is one."""
        vehicle, readiness = self.readiness.vehicle, self.readiness
        now, owner = timezone.now(), vehicle.owner
        match need:
            case Need.CONNECTION:
                self.car.connect(from_us=now_us(), interval_us=6 * HOUR_US)
                Vehicle.objects.filter(pk=vehicle.pk).update(integration=Integration.ACTIVE)
            case Need.ADDRESS:
                address = Address(**HOME, address_2="", state="")
                save_address(owner=owner, readiness=readiness, address=address, now=now)
            case Need.TARIFF:
                save_tariff(owner=owner, readiness=readiness, tariff_id=next(iter(tariffs())), now=now)
            case Need.SWITCH:
                save_switch(owner=owner, readiness=readiness, is_on=True, now=now)
            case _:
                setattr(self.car, IN_LIFE[need], True)
                Vehicle.objects.filter(pk=vehicle.pk).update(is_plugged_in=self.car.is_plugged_in_at_night)
        self.sandbox.app.sandbox.state.save(self.car, at_us=now_us())
        self.lacks -= {need}


def begin(sandbox: Running, lacks: frozenset[Need], *, number: int) -> Life:
    """A car that was connected a month ago and has lacked all this from the beginning."""
    state = sandbox.app.sandbox.state
    user = state.add_user(email=f"life{number}@example.com", now_us=now_us())
    user.home = {} if Need.ADDRESS in lacks else dict(HOME)
    user.home |= {} if Need.TARIFF in lacks else {"tariff_id": next(iter(tariffs()))}
    trim = supported_trims(state)[0]
    cars = (state.new_vehicle(user=user, trim=trim, car=f"{number} {turn}") for turn in range(1000))
    car = next(each for each in cars if _settled(each, lacks) and is_lucky(each))
    car.is_smart_charging_on = Need.SWITCH not in lacks
    for need, name in IN_LIFE.items():
        setattr(car, name, need not in lacks)
    state.save(user)
    state.save(car, at_us=now_us())
    vehicle = make_vehicle(
        vehicle_id=car.vehicle_id,
        owner=make_owner(email=user.email, ev_energy_user_id=user.user_id),
        connected_at=timezone.now() - 30 * DAY,
        last_status_at=timezone.now(),
        is_plugged_in=Need.PLUGGED_IN not in lacks,
        is_smart_charging_on=car.is_smart_charging_on,
        integration=Integration(car.integrated),
    )
    readiness = Readiness.objects.create(
        vehicle=vehicle, kept_for=vehicle.owner_id, charging_known_since=timezone.now() - 8 * DAY
    )
    return Life(sandbox, lacks, car, readiness)


def _settled(car: records.Vehicle, lacks: frozenset[Need]) -> bool:
    is_lost = Need.CONNECTION in lacks
    settle(vehicle=car, state="INACTIVE" if is_lost else "ACTIVE", cause="", since_us=now_us())
    for period in car.periods:
        period.interval_us = 6 * HOUR_US  # fewer places to read: a car stands at home in most of them
    return True


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Running]:
    config = Config(behaviour=replace(Behaviour(), rate_limit=100_000))
    with serve_in_thread(config=config) as running:
        settings.EV_ENERGY_API_URL, settings.EV_ENERGY_TOKEN_URL = running.api_url, running.token_url
        settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
        forget_client()
        yield running
    forget_client()
    cache.clear()


def test_first_cause_is_right_its_step_mends_it_alone_and_a_car_that_lacks_nothing_charges_smartly(
    sandbox: Running,
) -> None:
    lives = [begin(sandbox, lacks, number=number) for number, lacks in enumerate(COMBINATIONS)]
    assert len(lives) == 2 ** len(Need)
    wrong = []
    for life in lives:
        lacked, first = life.lacks, next((need for need in Need if need in life.lacks), None)
        if life.look() != (first, life.shown):
            wrong.append((lacked, "before"))
        if first:
            life.mend(first)
            # That commands arrive again, only a night can tell.
            if first is not Need.COMMANDS and life.look()[1] != life.shown:
                wrong.append((lacked, "after"))
    assert not wrong

    let_a_night_pass(sandbox)

    smart = set(Readiness.objects.filter(first_smart_at__isnull=False).values_list("pk", flat=True))
    assert smart == {life.readiness.pk for life in lives if not life.lacks}
    assert len(smart) == len(Need) + 1


def let_a_night_pass(sandbox: Running) -> None:
    """A whole one, whatever the time is now; then what was charged is read."""
    requests.post(f"{sandbox.origin}/_sandbox/nights", json={"count": 2}, timeout=20).raise_for_status()
    Reading.objects.create(subject=Subject.CHARGED, read_until=timezone.now() - 2 * DAY)
    follow()
