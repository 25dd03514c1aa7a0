"""A year of 2,000 cars in minutes: breaks, outages, releases, killed processes, owners who act or do not.

At its end every car is in the state it should have, the e-mails sent are those that were due, ev.energy refused no
request, and what is kept has stopped growing.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django_tasks_db.models import DBTaskResult
from werkzeug.test import Client as SandboxClient

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy import budget
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.reconnects.models import OPEN_STATES, Reconnect, State, UnstableVehicle
from onboarding_portal.reconnects.models.unstable_vehicle import LOOP_WINDOW
from onboarding_portal.reconnects.timetable import WATCH_STEPS
from onboarding_portal.sandbox.application import Application, create_app
from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.moments import Clock
from onboarding_portal.vehicles.models import StaleReason, SyncRun, Vehicle
from tests.factories import make_staff
from tests.year.deployment import Deployment, Fate, Killed, Mailbox, sandbox_behind_the_client
from tests.year.ledger import NEWS, Ledger, Letter
from tests.year.world import DAY, HOUR, Truth, World

pytestmark = [pytest.mark.year, pytest.mark.django_db(transaction=True)]

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
WINDOW = 6 * HOUR  # of the budget: longer than an hour, as the clock is moved on by hours


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The limit is small for the fleet, as that of a large fleet is: all cars are read once in `reading_takes`."""

    cars: int
    days: int
    requests: int  # in WINDOW
    tick: timedelta
    reading_takes: timedelta
    kills: float  # the share of calls and mails at which a process dies


SMALL = Scale(cars=50, days=16, requests=360, tick=3 * HOUR, reading_takes=3 * HOUR, kills=0.04)
WHOLE = Scale(cars=2_000, days=365, requests=240, tick=3 * HOUR, reading_takes=18 * HOUR, kills=0.004)


class MovedClock(Clock):
    """The sandbox's clocks follow the moved time."""

    def monotonic_seconds(self) -> float:
        return self.now_us() / 1_000_000


class Year:
    def __init__(self, *, scale: Scale, app: Application, fate: Fate, clock: time_machine.Traveller) -> None:
        self.scale = scale
        self.app = app
        self.fate = fate
        self.clock = clock
        self.deployment = Deployment(clock=clock, staff=make_staff())
        self.world = World(state=app.sandbox.state, cars=scale.cars, start=START, seed=1)
        self.ledger = Ledger(world=self.world, reading_takes=scale.reading_takes, tick=scale.tick)
        self.chance = random.Random(2)
        self.most: dict[str, int] = {}

    def begin(self) -> None:
        owners = {car.owner for car in self.world.cars.values()}
        users = {email: self.app.sandbox.state.user_by_email(email) for email in owners}
        User.objects.bulk_create(
            User(email=email, ev_energy_user_id=user.user_id) for email, user in users.items() if user
        )
        sync_catalogue(client=get_client(), now=START)
        self.world.plan(start=START, days=self.scale.days)

    def run(self) -> None:
        self.fate.at_calls = self.fate.at_mails = self.scale.kills
        for turn in range(self.scale.days * DAY // self.scale.tick):
            self.tick(START + turn * self.scale.tick, turn=turn)
        self.fate.at_calls = self.fate.at_mails = 0.0

    def settle(self) -> None:
        """Nothing more happens: what is under way comes to its end."""
        begins = START + self.scale.days * DAY
        for turn in range(30 * HOUR // self.scale.tick):
            self.deployment_works(begins + turn * self.scale.tick)

    def tick(self, now: datetime, *, turn: int) -> None:
        self.clock.move_to(now)
        self.world.happen(now)
        if turn % (14 * DAY // self.scale.tick) == 50:
            self.deployment.deploy()
            return
        self.deployment_works(now)
        if now.weekday() == 0 and now.hour == 9 and self.deployment.known_at:
            self.ledger.staff_mailed_all(now=now, known_at=self.deployment.known_at)
            assert self.deployment.alive("staff", lambda: self.deployment.mail_all_stale(now=now))
            self.deployment.run_worker()
            self.read_mail(now)
        self.ledger.settle(now=now)
        assert not self.ledger.wrong, "\n".join(self.ledger.wrong)
        if now.hour == 6:
            self.count_rows()

    def deployment_works(self, now: datetime) -> None:
        self.clock.move_to(now)
        self.deployment.run_clock(now=now)
        self.deployment.run_worker()
        self.ledger.forget_those_that_work(now=now)
        self.ledger.reminders_due(now=now)
        self.read_mail(now)

    def read_mail(self, now: datetime) -> None:
        sent, mail.outbox[:] = list(mail.outbox), []
        for letter in self.ledger.read(sent, copies=self.fate.copies, now=now):
            if letter.kind != NEWS and not letter.car.ignores_mail and self.chance.random() < 0.6:
                self.plan_to_act(letter, now=now)
        self.fate.copies.clear()

    def plan_to_act(self, letter: Letter, *, now: datetime) -> None:
        gives_up = self.chance.random() < 0.15
        moment = now + timedelta(hours=self.chance.randrange(1, 60))
        self.world.at(moment, lambda then: self.act(letter, gives_up=gives_up, now=then))

    def act(self, letter: Letter, *, gives_up: bool, now: datetime) -> None:
        """The owner opens the link, presses the button, signs in at the manufacturer's or gives up there."""
        browser = Client()
        address = f"/reconnect/{letter.token}/"
        try:
            browser.get(address)
            answer = browser.post(address)
        except Killed:
            # The page broke off. They try again in a while.
            self.world.at(now + HOUR, lambda then: self.act(letter, gives_up=gives_up, now=then))
            return
        if answer.status_code != 302:
            return  # the car is back, or the link's time is over
        visit = SandboxClient(self.app)
        page = visit.get(_path(answer["Location"])).text
        found = re.search(r'id="continue" href="([^"]+)"', page)
        assert found, page
        if gives_up:
            visit.post(_path(found[1]), data={"decision": "cancel"})
            self.ledger.owner_gave_up(letter.car, now=now)
            return
        visit.post(
            _path(found[1]), data={"username": "me@example.com", "password": "x", "decision": "sign_in"}
        )
        was_cut_off = self.world.truth_of(letter.car) != Truth.WORKS
        self.world.repaired(letter.car, now)
        self.ledger.owner_came_back(letter.car, was_cut_off=was_cut_off, now=now)

    def count_rows(self) -> None:
        rows = {
            "tasks": DBTaskResult.objects.count(),
            "readings": SyncRun.objects.count(),
            "sessions": Session.objects.count(),
            "open reconnects": Reconnect.objects.open().count(),
        }
        for what, count in rows.items():
            self.most[what] = max(count, self.most.get(what, 0))


def _path(address: str) -> str:
    return re.sub(r"^https?://[^/]+", "", address)


@pytest.fixture
def fate() -> Iterator[Fate]:
    fate = Fate(chance=random.Random(3), at_calls=0.0, at_mails=0.0)
    Mailbox.fate = fate
    yield fate
    Mailbox.fate = None


def live_a_year(scale: Scale, fate: Fate, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Year:
    settings.EMAIL_BACKEND = "tests.year.deployment.Mailbox"
    settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
    settings.EV_ENERGY_RESERVED_REQUESTS = scale.requests // 5
    settings.EV_ENERGY_RATE_WINDOW_SECONDS = int(WINDOW.total_seconds())
    settings.EV_ENERGY_API_URL = "http://127.0.0.1:9000/v2"
    settings.EV_ENERGY_TOKEN_URL = "http://127.0.0.1:9000/o/token/"
    behaviour = Behaviour(rate_limit=scale.requests, rate_window_seconds=WINDOW.total_seconds())
    with time_machine.travel(START - HOUR, tick=False) as clock:
        app = create_app(config=Config(behaviour=behaviour), clock=MovedClock())
        with sandbox_behind_the_client(app, fate, monkeypatch):
            year = Year(scale=scale, app=app, fate=fate, clock=clock)
            year.begin()
            year.run()
            year.settle()
            check(year)
    return year


def check(year: Year) -> None:
    assert not year.ledger.wrong, "\n".join(year.ledger.wrong[:20])
    assert wrong_cars(year.world) == []
    refused = {key: count for key, count in year.app.sandbox.statistics.requests.items() if key[1] == 429}
    assert refused == {}
    assert budget.snapshot().rate_limited_count == 0
    assert lemons_not_seen(year.world) == []


def wrong_cars(world: World) -> list[str]:
    """Each car whose row does not say what is true of it."""
    expected = {
        Truth.WORKS: "",
        Truth.SIGN_IN: StaleReason.CONNECTION_LOST,
        Truth.LAPSED: StaleReason.CONNECTION_LOST,
        Truth.OUTAGE: StaleReason.CONNECTION_LOST,
        Truth.ASLEEP: StaleReason.SILENT,
    }
    rows = Vehicle.objects.in_bulk()
    assert rows.keys() == world.cars.keys()
    return [
        f"{car} is {rows[car.vehicle_id].stale_reason or 'not stale'}"
        for car in world.cars.values()
        if rows[car.vehicle_id].stale_reason != expected[world.truth_of(car)]
    ]


def lemons_not_seen(world: World) -> list[str]:
    """Cars that were not flagged for staff, though they broke a day after the third repair in a fortnight."""
    flagged = set(UnstableVehicle.objects.values_list("vehicle_id", flat=True))
    thrice_within = LOOP_WINDOW - timedelta(days=2)
    not_seen = []
    for car in world.cars.values():
        if car.is_lemon and car.vehicle_id not in flagged:
            repairs = Reconnect.objects.filter(vehicle_id=car.vehicle_id, state=State.RECONNECTED)
            ends = list(repairs.order_by("ended_at").values_list("ended_at", flat=True))
            if any(third - first < thrice_within for first, third in zip(ends, ends[2:], strict=False)):
                not_seen.append(str(car))
    return not_seen


def test_a_month_of_a_few_cars(fate: Fate, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    year = live_a_year(SMALL, fate, settings, monkeypatch)

    assert year.ledger.counts["ask"] > 0
    assert fate.kills > 0


def test_a_year_of_two_thousand_cars(
    fate: Fate, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = live_a_year(WHOLE, fate, settings, monkeypatch)

    print(year.ledger.counts, year.deployment.counts, year.most, f"killed {fate.kills} times")
    assert len(year.world.outages) == 3
    assert year.most["tasks"] < 14 * 24 * 60  # those of a fortnight, which is how long they are kept
    assert Reconnect.objects.filter(state__in=OPEN_STATES, next_work_at=None).count() == 0
    assert WATCH_STEPS
