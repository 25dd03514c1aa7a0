"""The truth of a quarter: cars whose connections live as their makes' do, owners who act or do not, staff in between.

The cars' rows are written as a reading of ev.energy would; what is true of each at every hour is kept here, with
which the oracle works out what is due. All chance comes from one seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import Integration, MakeOutage, Vehicle
from tests.factories import handle_by_hand

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["", "Europe/Berlin", "America/Los_Angeles", "America/New_York", "Asia/Tokyo", "Australia/Sydney"]
# How long connections live: the scale in days and the shape of Weibull's law. 1 forgets its age, 4 has a date.
MAKES = {"Volvo": (45, 1.0), "Kia": (60, 4.0), "Tesla": (30, 2.0), "Renault": (200, 1.0), "Lotus": (50, 1.0)}
SHARES = [0.3, 0.25, 0.25, 0.195, 0.005]
CAUSES = ["SIGN_IN_EXPIRED"] * 14 + [
    "ACCESS_REVOKED",
    "UNKNOWN",
    "ASLEEP_OR_OUT_OF_COVERAGE",
    "SUBSCRIPTION_LAPSED",
]
# The links in e-mails work for so long.
LINK = 14 * DAY


@dataclass
class Car:
    vehicle_id: str
    make: str
    owner: str
    zone: str
    ignores_mail: bool
    wants_reminders: bool
    connected_since: datetime
    breaks_at: datetime = START  # when the connection's life ends, once it is drawn
    stale_since: datetime | None = None
    cause: str = ""
    is_by_hand: bool = False
    is_paused: bool = False
    asked: list[datetime] = field(default_factory=list)  # by the policy, about this break
    open_until: datetime | None = None
    mailed_at: datetime | None = None  # by whomever
    waits_until: datetime | None = None  # held back, since the policy drew it
    drawn_by: tuple[int, ...] | None = None  # the days of reminders in the rules that drew it
    reminders: list[int] = field(default_factory=list)  # those still to come of the last e-mail, in days
    lives: list[tuple[datetime, datetime]] = field(default_factory=list)  # those that are over


class World:
    def __init__(self, *, cars: int, seed: int, lives_times: float = 1.0) -> None:
        self.lives_times = lives_times
        self.chance = random.Random(seed)
        self.makes = {name: Make.objects.create(make_id=f"vmak{name.lower()}", name=name) for name in MAKES}
        self.cars: dict[str, Car] = {}
        self.in_trouble: set[str] = set()
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._broken: list[Car] = []
        self._repaired: list[Car] = []
        self._settle(cars)

    def _settle(self, cars: int) -> None:
        draw = self.chance
        owners = {}
        for number in range(cars):
            email = f"driver{number - (number % 9 == 8)}@fleet.example"  # every eighth owner has two cars
            zone = draw.choice(ZONES)
            owners.setdefault(email, User(email=email, time_zone=zone, wants_reminders=draw.random() > 0.03))
        User.objects.bulk_create(owners.values())
        for number in range(cars):
            email = f"driver{number - (number % 9 == 8)}@fleet.example"
            (make,) = draw.choices(list(MAKES), SHARES)
            car = Car(
                vehicle_id=f"vhcl{number:026d}",
                make=make,
                owner=email,
                zone=owners[email].time_zone,
                ignores_mail=draw.random() < 0.25,
                wants_reminders=owners[email].wants_reminders,
                connected_since=START,
            )
            self.cars[car.vehicle_id] = car
            self.begin_life(car, START)
        Vehicle.objects.bulk_create(
            Vehicle(
                vehicle_id=car.vehicle_id,
                owner=owners[car.owner],
                make=self.makes[car.make],
                integration=Integration.ACTIVE,
                connected_at=START,
                last_status_at=START,
                read_at=START,
            )
            for car in self.cars.values()
        )

    def at(self, moment: datetime, event: Callable[[datetime], None]) -> None:
        heappush(self._due, (moment, next(self._order), event))

    def happen(self, now: datetime) -> None:
        """What is due by now, and the reading of ev.energy that finds it."""
        while self._due and self._due[0][0] <= now:
            heappop(self._due)[2](now)
        self._write(now)

    # Connections

    def begin_life(self, car: Car, now: datetime) -> None:
        scale, shape = MAKES[car.make]
        car.connected_since = now
        # No life is so short that one reading could miss it.
        car.breaks_at = now + timedelta(
            days=max(self.lives_times * self.chance.weibullvariate(scale, shape), 0.2)
        )
        self.at(car.breaks_at, lambda then: self._break(car, then))

    def _break(self, car: Car, now: datetime) -> None:
        if car.stale_since is not None:
            return
        car.lives.append((car.connected_since, now))
        car.stale_since, car.cause = now, self.chance.choice(CAUSES)
        car.asked, car.waits_until, car.drawn_by = [], None, None
        self._broken.append(car)
        if self.chance.random() < 0.15:  # its owner finds out without an e-mail
            self.at(
                now + timedelta(hours=self.chance.randrange(2, 20 * 24)),
                lambda then: self.repair(car, now, then),
            )

    def repair(self, car: Car, broken_at: datetime, now: datetime) -> None:
        if car.stale_since != broken_at:
            return
        car.stale_since, car.cause, car.open_until, car.reminders = None, "", None, []
        self._repaired.append(car)
        self.begin_life(car, now)

    def _write(self, now: datetime) -> None:
        rows = Vehicle.objects
        broken, self._broken = self._broken, []
        repaired, self._repaired = self._repaired, []
        still = [car for car in repaired if car.stale_since is None]
        data = {"integration": Integration.ACTIVE, "last_status_at": now + timedelta(seconds=1)}
        rows.filter(pk__in=[car.vehicle_id for car in still]).update(**data, read_at=now)
        lost = [car.vehicle_id for car in broken if car.stale_since is not None]
        rows.filter(pk__in=lost).update(integration=Integration.INACTIVE, read_at=now)
        staleness.apply_to_all(now=now)
        for cause in {car.cause for car in broken if car.cause}:
            keys = [car.vehicle_id for car in broken if car.cause == cause]
            rows.filter(pk__in=keys).update(cause=cause, cause_read_at=now)

    # Manufacturers, owners and staff

    def plan_outage(self, make: str, *, begins: datetime, lasts: timedelta) -> None:
        def begin(now: datetime) -> None:
            self.in_trouble.add(make)
            MakeOutage.objects.mark(make_id=self.makes[make].pk, now=now)

        def end(now: datetime) -> None:
            self.in_trouble.discard(make)
            MakeOutage.objects.ongoing().filter(make=self.makes[make]).lift(now=now)

        self.at(begins, begin)
        self.at(begins + lasts, end)

    def take_by_hand(self, car: Car) -> None:
        car.is_by_hand = True
        handle_by_hand(Vehicle.objects.get(pk=car.vehicle_id))

    def pause_mail_to(self, owner: str, *, is_paused: bool, pause: Callable[[User], object]) -> None:
        for car in self.cars.values():
            if car.owner == owner:
                car.is_paused = is_paused
        pause(User.objects.get(email=owner))
