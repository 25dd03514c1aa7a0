"""Which e-mails are due, worked out from the truth and from the calendar alone, and whether they came.

An e-mail is due at an hour and has `grace` to arrive: a process may have been killed at it, or a release rolled out.
The portal knows of a change when it has read it, so where the truth changed so shortly before that a reading may have
seen it or not (`UNCLEAR`), an e-mail may come and need not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.mail import EmailMessage

from onboarding_portal.reconnects.models import LastingLink
from tests.year.world import DAY, HOUR, Car, Truth, World

REMINDERS = [3 * DAY, 7 * DAY]  # as docs/reconnects.md says
LINK_LIVES = 14 * DAY
WATCH = DAY  # who went and gave up is left alone for so long
SILENT_AFTER = 2 * DAY  # EV_ENERGY_STALE_AFTER_HOURS
ASK, REMIND, NEWS = "ask", "remind", "news"
LINK = re.compile(r"/reconnect/([\w-]+)/")


@dataclass
class Due:
    car: Car
    kind: str
    at: datetime
    until: datetime
    unclear: bool = False  # it may come and need not


@dataclass
class Asked:
    """A car's owner was asked, and until when that stands."""

    at: datetime
    reminders: int = 0
    gave_up_at: datetime | None = None
    is_over: bool = False


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One car in one e-mail, and the link for it (none in good news)."""

    car: Car
    kind: str
    token: str


@dataclass
class Ledger:
    world: World
    reading_takes: timedelta  # one reading of all cars
    tick: timedelta
    asked: dict[str, Asked] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def unclear_for(self) -> timedelta:
        """A change is seen by the reading under way, or only by the next."""
        return 2 * self.reading_takes + 2 * self.tick

    @property
    def grace(self) -> timedelta:
        return 4 * self.tick

    # What is due

    def staff_mailed_all(self, *, now: datetime, known_at: datetime) -> None:
        """Each car that the portal knew to wait for a sign-in, and whose owner was not asked yet."""
        for car in self.world.cars.values():
            asked = self.standing(car, now=now)
            # A link lives from its making; where a worker was killed in between, its e-mail came a while later.
            is_ending = asked is not None and now >= asked.at + LINK_LIVES - self.grace
            if (asked and not is_ending) or car.truth_at(known_at) != Truth.SIGN_IN:
                continue
            unclear = is_ending or self.is_unclear(car, now=now)
            self.due.append(Due(car, ASK, now, now + self.grace, unclear=unclear))

    def owner_came_back(self, car: Car, *, was_cut_off: bool, now: datetime) -> None:
        """Of a car that works, the portal may not know yet: then it is news to it that data comes."""
        self.due.append(Due(car, NEWS, now, now + self.grace, unclear=not was_cut_off))
        if was_cut_off:
            self.end(car)

    def owner_gave_up(self, car: Car, *, now: datetime) -> None:
        """While they are waited for all the same, the trouble may end by itself."""
        self.due.append(Due(car, NEWS, now, now + WATCH + self.grace, unclear=True))
        if asked := self.asked.get(car.vehicle_id):
            asked.gave_up_at = now

    def reminders_due(self, *, now: datetime) -> None:
        for vehicle_id, asked in self.asked.items():
            car = self.world.cars[vehicle_id]
            if asked.is_over or asked.reminders >= len(REMINDERS):
                continue
            at = asked.at + REMINDERS[asked.reminders]
            if asked.gave_up_at and asked.gave_up_at <= at + self.grace:
                at = max(at, asked.gave_up_at + WATCH)
            if now < at:
                continue
            asked.reminders += 1
            unclear = self.is_unclear(car, now=now)
            if self.world.truth_of(car) != Truth.WORKS or unclear:
                self.due.append(Due(car, REMIND, at, now + self.grace, unclear=unclear))

    def standing(self, car: Car, *, now: datetime) -> Asked | None:
        """The asking that stands: its link still works, and the car has not been seen to work since."""
        asked = self.asked.get(car.vehicle_id)
        if asked is None or asked.is_over or now >= asked.at + LINK_LIVES:
            return None
        return asked

    def is_unclear(self, car: Car, *, now: datetime) -> bool:
        troubled = self.world.in_outage(car, now=now, after=4 * DAY)
        # A car that sleeps is found out when it has been silent for long, and its cause with a look of its own.
        silence = SILENT_AFTER if self.world.truth_of(car) == Truth.ASLEEP else timedelta(0)
        return car.is_lemon or troubled or car.changed_within(silence + self.unclear_for, now=now)

    def end(self, car: Car) -> None:
        if asked := self.asked.get(car.vehicle_id):
            asked.is_over = True

    def forget_those_that_work(self, *, now: datetime) -> None:
        """A reading has seen for certain that the car works: whoever asked, it is over."""
        for vehicle_id, asked in self.asked.items():
            car = self.world.cars[vehicle_id]
            if not asked.is_over and self.world.truth_of(car) == Truth.WORKS:
                asked.is_over = not car.changed_within(self.unclear_for, now=now)

    # What came

    def read(
        self, mails: Sequence[EmailMessage], *, copies: list[EmailMessage], now: datetime
    ) -> list[Letter]:
        letters = []
        for mail in mails:
            if any(mail is copy for copy in copies):
                self._count("copies of killed workers")
                continue
            letters += self._letters_in(mail)
        for letter in letters:
            self._came(letter, now=now)
        return letters

    def _letters_in(self, mail: EmailMessage) -> list[Letter]:
        tokens = list(dict.fromkeys(LINK.findall(str(mail.body))))
        kind = REMIND if "reminder" in mail.subject.lower() or "still" in mail.subject.lower() else ASK
        if not tokens:
            return [Letter(car=car, kind=NEWS, token="") for car in self._news_of(mail)]
        rows = [LastingLink.objects.with_token(token).get() for token in tokens]
        cars = [self.world.cars[row.reconnect.vehicle_id] for row in rows]
        assert {car.owner for car in cars} == set(mail.to), "an e-mail about somebody else's car"
        return [Letter(car=car, kind=kind, token=token) for car, token in zip(cars, tokens, strict=True)]

    def _news_of(self, mail: EmailMessage) -> list[Car]:
        """Good news names no car by its id: it is the one of this owner's that waits for it longest."""
        waiting = [due.car for due in self.due if due.kind == NEWS and [due.car.owner] == mail.to]
        if not waiting:
            cars = [
                f"{car}: {self.world.truth_of(car)}"
                for car in self.world.cars.values()
                if [car.owner] == mail.to
            ]
            self.wrong.append(f"good news nobody waited for: {mail.subject} {cars}")
        return waiting[:1]

    def _came(self, letter: Letter, *, now: datetime) -> None:
        car = letter.car
        self._count(letter.kind)
        if letter.kind == ASK:
            self.asked[car.vehicle_id] = Asked(at=now)
        due = next(
            (due for due in self.due if due.car is car and due.kind == letter.kind and due.at <= now), None
        )
        if due is not None:
            self.due.remove(due)
        elif not self.is_unclear(car, now=now):
            asked = self.asked.get(car.vehicle_id)
            self.wrong.append(f"{now:%m-%d %H} {letter.kind} was not due: {car} asked {asked}")
        if letter.kind != NEWS and self._is_held(car, now=now):
            self.wrong.append(f"{now:%m-%d %H} {letter.kind} during trouble at {car.make}")

    def _is_held(self, car: Car, *, now: datetime) -> bool:
        """In trouble for longer than a reading takes to see it, and not over."""
        return any(
            outage.make == car.make and outage.begins + self.unclear_for <= now < outage.ends - 8 * HOUR
            for outage in self.world.outages
        )

    def settle(self, *, now: datetime) -> None:
        """What did not come in time and was due for certain is wrong."""
        late = [due for due in self.due if due.until < now and not self._waits_for_trouble(due, now=now)]
        self.due = [due for due in self.due if not any(due is each for each in late)]
        for due in late:
            if not due.unclear and not self.is_unclear(due.car, now=now):
                self.wrong.append(f"{now:%m-%d %H} {due.kind} of {due.at:%m-%d %H} did not come: {due.car}")

    def _waits_for_trouble(self, due: Due, *, now: datetime) -> bool:
        """Who signed in just before a manufacturer's trouble hears the good news once that is over."""
        return due.kind == NEWS and self.world.in_outage(due.car, now=now, after=2 * DAY)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
