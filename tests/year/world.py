"""The truth, which the portal has to find out: cars, what befalls them, and owners who read their mail or do not.

Cars live in the sandbox. What is true of each at every hour is written down here, so that a test can compare it with
what the portal made of it. All chance comes from one seed.
"""

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count

from onboarding_portal.sandbox.moments import SECOND_US
from onboarding_portal.sandbox.records import Vehicle
from onboarding_portal.sandbox.seeding import settle
from onboarding_portal.sandbox.state import State

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAMPLES_EVERY_US = 900 * SECOND_US


class Truth(StrEnum):
    WORKS = "works"
    SIGN_IN = "the sign-in ran out"  # only its owner gets it back
    LAPSED = "the subscription lapsed"  # comes back when it is paid
    ASLEEP = "the car sleeps"  # stays connected and says nothing, until it wakes up
    OUTAGE = "the manufacturer has trouble"  # comes back by itself, most of them


CAUSES = {
    Truth.SIGN_IN: "SIGN_IN_EXPIRED",
    Truth.LAPSED: "SUBSCRIPTION_LAPSED",
    Truth.ASLEEP: "ASLEEP",
    Truth.OUTAGE: "PROVIDER_DOWN",
}
# A year of one car: how often each befalls it, and for how many days those last that end by themselves.
A_YEAR = {Truth.SIGN_IN: 0.9, Truth.LAPSED: 0.1, Truth.ASLEEP: 0.15}
LASTS_DAYS = {Truth.LAPSED: (6, 40), Truth.ASLEEP: (3, 15)}


@dataclass
class Car:
    """`changes` are the times at which the truth changed and what it was from then on, oldest first."""

    vehicle_id: str
    make: str
    owner: str
    ignores_mail: bool
    is_lemon: bool  # breaks again a day after each repair
    changes: list[tuple[datetime, Truth]] = field(default_factory=list)

    def truth_at(self, moment: datetime) -> Truth:
        place = bisect_right([at for at, _ in self.changes], moment)
        return self.changes[place - 1][1] if place else Truth.WORKS

    def changed_within(self, span: timedelta, *, now: datetime) -> bool:
        return bool(self.changes) and now - self.changes[-1][0] < span


@dataclass(frozen=True, kw_only=True)
class Outage:
    make: str
    begins: datetime
    ends: datetime  # by then all are back that come back


class World:
    """Events lie in a heap by time; `happen` does those that are due."""

    def __init__(self, *, state: State, cars: int, start: datetime, seed: int) -> None:
        self.state = state
        self.chance = random.Random(seed)
        self.cars: dict[str, Car] = {}
        self.outages: list[Outage] = []
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._settle(cars, start)

    def _settle(self, cars: int, start: datetime) -> None:
        trims = [trim for trim in self.state.catalogue.trims.values() if trim.is_supported]
        makes = sorted({trim.model.make.name for trim in trims})[:8]
        trims_of = {make: [trim for trim in trims if trim.model.make.name == make] for make in makes}
        for number in range(cars):
            # Every eighth owner has two cars.
            email = f"driver{number - (number % 9 == 8)}@fleet.example"
            user = self.state.user_by_email(email) or self.state.add_user(email=email, now_us=0)
            make = makes[min(int(self.chance.expovariate(0.5)), len(makes) - 1)]
            vehicle = self.state.new_vehicle(
                user=user, trim=self.chance.choice(trims_of[make]), car=f"car {number}"
            )
            settle(vehicle=vehicle, state="ACTIVE", cause="", since_us=_us(start))
            self.state.save(vehicle)
            car = Car(
                vehicle_id=vehicle.vehicle_id,
                make=make,
                owner=email,
                ignores_mail=self.chance.random() < 0.1,
                is_lemon=number % 199 == 7,
            )
            self.cars[car.vehicle_id] = car

    def at(self, moment: datetime, event: Callable[[datetime], None]) -> None:
        heappush(self._due, (moment, next(self._order), event))

    def happen(self, now: datetime) -> None:
        while self._due and self._due[0][0] <= now:
            heappop(self._due)[2](now)

    def plan(self, *, start: datetime, days: int) -> None:
        """What befalls each car, and three outages if the time is long enough for them."""
        for car in self.cars.values():
            for truth, a_year in A_YEAR.items():
                rate = a_year * days / 365 * (4 if car.is_lemon and truth == Truth.SIGN_IN else 1)
                while rate > 0 and self.chance.random() < rate:
                    moment = start + DAY + timedelta(hours=self.chance.randrange((days - 2) * 24))
                    self.at(moment, self._breaking(car, truth))
                    rate -= 1
        for number in range(days // 110):
            make = sorted({car.make for car in self.cars.values()})[number]
            begins = start + timedelta(days=60 + 100 * number, hours=self.chance.randrange(24))
            self.at(begins, self._outage(make, lasts=timedelta(hours=self.chance.randrange(14, 50))))

    def _breaking(self, car: Car, truth: Truth) -> Callable[[datetime], None]:
        def happens(now: datetime) -> None:
            # One thing at a time, with days between: two at once would only hide each other.
            if self.truth_of(car) != Truth.WORKS or car.changed_within(3 * DAY, now=now):
                return
            self.set_truth(car, truth, now)
            if truth in LASTS_DAYS:
                hours = self.chance.randrange(*(24 * day for day in LASTS_DAYS[truth]))
                self.at(now + timedelta(hours=hours), lambda then: self._recover(car, truth, then))

        return happens

    def _outage(self, make: str, *, lasts: timedelta) -> Callable[[datetime], None]:
        def happens(now: datetime) -> None:
            self.outages.append(Outage(make=make, begins=now, ends=now + lasts + 8 * HOUR))
            for car in self.cars.values():
                if car.make == make and self.truth_of(car) == Truth.WORKS and self.chance.random() < 0.7:
                    self.set_truth(car, Truth.OUTAGE, now)
                    back_at = now + lasts + timedelta(hours=self.chance.randrange(8))
                    self.at(back_at, lambda then, car=car: self._end_of_outage(car, then))

        return happens

    def _end_of_outage(self, car: Car, now: datetime) -> None:
        if self.truth_of(car) == Truth.OUTAGE and self.chance.random() < 0.08:
            self.set_truth(car, Truth.SIGN_IN, now)  # cut off for good
        else:
            self._recover(car, Truth.OUTAGE, now)

    def _recover(self, car: Car, truth: Truth, now: datetime) -> None:
        if self.truth_of(car) == truth:
            self.set_truth(car, Truth.WORKS, now)

    def repaired(self, car: Car, now: datetime) -> None:
        """Its owner signed in at the manufacturer's; the sandbox has connected it by then."""
        car.changes.append((now, Truth.WORKS))
        if car.is_lemon:
            self.at(now + 25 * HOUR, lambda then: self._break_again(car, then))

    def _break_again(self, car: Car, now: datetime) -> None:
        if self.truth_of(car) == Truth.WORKS:
            self.set_truth(car, Truth.SIGN_IN, now)

    def truth_of(self, car: Car) -> Truth:
        return car.changes[-1][1] if car.changes else Truth.WORKS

    def set_truth(self, car: Car, truth: Truth, now: datetime) -> None:
        vehicle: Vehicle = self.state.vehicles.items[car.vehicle_id]
        if truth == Truth.WORKS:
            vehicle.connect(from_us=_us(now), interval_us=SAMPLES_EVERY_US)
        elif truth == Truth.ASLEEP:
            vehicle.fall_silent(at_us=_us(now), cause=CAUSES[truth])
        else:
            vehicle.disconnect(at_us=_us(now), cause=CAUSES[truth])
        car.changes.append((now, truth))

    def in_outage(self, car: Car, *, now: datetime, after: timedelta = timedelta(0)) -> bool:
        """Whether its make has trouble, or had some until `after` ago."""
        return any(
            outage.make == car.make and outage.begins <= now < outage.ends + after for outage in self.outages
        )


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_US
