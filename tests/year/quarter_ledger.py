"""Which e-mails the policy owes, worked out from the truth and the rules as docs/policy.md tells them.

It reads no row of the policy's: neither its choices nor its reconnects. What it expects at a moment is compared with
the links that were in the mail at that moment.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from tests.year.quarter_world import DAY, HOUR, LINK, Car, World

HELPS = {"SIGN_IN_EXPIRED", "ACCESS_REVOKED", "UNKNOWN"}
HELD_BACK_FOR = 14 * DAY


@dataclass(frozen=True, kw_only=True)
class Rules:
    causes: tuple[str, ...] = ("SIGN_IN_EXPIRED", "ACCESS_REVOKED")
    stale_for_hours: int = 24
    pause_days: int = 16
    most_askings: int = 2
    most_a_day: int = 120
    reminder_days: tuple[int, ...] = (3, 7)
    from_hour: int = 9
    until_hour: int = 19
    trial: str = "NONE"


@dataclass
class Ledger:
    world: World
    rules: Rules = field(default_factory=Rules)
    is_on: bool = False
    sent_at: list[datetime] = field(default_factory=list)  # first e-mails, of which the cap counts
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    # What is owed

    def asked_now(self, *, waiting: set[str], now: datetime) -> set[str]:
        """The cars to be mailed now, beside those that wait. Whom chance holds back is so from now on."""
        self._forget_links_that_ran_out(now)
        if not self.is_on:
            return set()
        due = sorted(
            (
                car
                for car in self.world.cars.values()
                if car.vehicle_id not in waiting and self._is_due(car, now)
            ),
            key=lambda car: (car.stale_since, car.vehicle_id),
        )
        room = self.rules.most_a_day - len(waiting) - sum(now - at < DAY for at in self.sent_at)
        asked: set[str] = set()
        for car in due:
            if len(asked) >= room:
                break
            if (
                self.rules.trial == "HELD_BACK"
                and car.waits_until is None
                and not car.asked
                and self._is_drawn(car)
            ):
                car.waits_until, car.drawn_by = now + HELD_BACK_FOR, self.rules.reminder_days
                self.counts["held back"] += 1
            else:
                asked.add(car.vehicle_id)
        return asked

    def reminded_now(self, *, now: datetime) -> set[str]:
        """The cars whose next reminder is due. One that nobody wants then is not made up for."""
        if not self.is_on:
            return set()
        reminded = set()
        for car in self.world.cars.values():
            if not car.reminders or car.open_until is None or now >= car.open_until:
                continue
            if car.make in self.world.in_trouble or not self.is_day(car, now):
                continue
            while car.reminders and now >= car.asked[-1] + car.reminders[0] * DAY:
                car.reminders.pop(0)
                if car.wants_reminders and not car.is_by_hand and not car.is_paused:
                    reminded.add(car.vehicle_id)
        return reminded

    def _is_due(self, car: Car, now: datetime) -> bool:
        if car.stale_since is None or now - car.stale_since < self.rules.stale_for_hours * HOUR:
            return False
        if car.cause not in set(self.rules.causes) & HELPS or car.open_until is not None:
            return False
        if car.is_by_hand or car.is_paused or not car.wants_reminders or car.make in self.world.in_trouble:
            return False
        if car.mailed_at is not None and now - car.mailed_at < self.rules.pause_days * DAY:
            return False
        waits = car.waits_until is not None and now < car.waits_until
        return not waits and len(car.asked) < self.rules.most_askings and self.is_day(car, now)

    def is_day(self, car: Car, now: datetime) -> bool:
        hour = now.astimezone(ZoneInfo(car.zone or "UTC")).hour
        return self.rules.from_hour <= hour < self.rules.until_hour

    @staticmethod
    def _is_drawn(car: Car) -> bool:
        assert car.stale_since
        drawn = sha256(f"{car.vehicle_id} {car.stale_since.astimezone(UTC).isoformat()}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") % 10 == 0

    def _forget_links_that_ran_out(self, now: datetime) -> None:
        for car in self.world.cars.values():
            if car.open_until is not None and now >= car.open_until:
                car.open_until, car.reminders = None, []

    # What came

    def compare(self, kind: str, *, owed: set[str], came: Iterable[str], now: datetime) -> None:
        """Each once, no other, by day, outside of trouble; and the cap, counted over all that ever came."""
        found = Counter(came)
        self.counts[kind] += found.total()
        for vehicle_id, times in found.items():
            car = self.world.cars[vehicle_id]
            self._complain(vehicle_id not in owed, f"{kind} was not due", car, now)
            self._complain(times > 1, f"{kind} came {times} times", car, now)
            self._complain(not self.is_day(car, now), f"{kind} by night", car, now)
            self._complain(car.make in self.world.in_trouble, f"{kind} during trouble", car, now)
        for vehicle_id in owed - found.keys():
            self._complain(True, f"{kind} did not come", self.world.cars[vehicle_id], now)

    def note_asked(self, came: Iterable[str], *, now: datetime) -> None:
        for vehicle_id in came:
            car = self.world.cars[vehicle_id]
            car.asked.append(now)
            car.mailed_at, car.open_until = now, now + LINK
            # Whoever was held back is reminded by the version that chose it, whatever is in force by then.
            car.reminders = list(self.rules.reminder_days if car.drawn_by is None else car.drawn_by)
            car.drawn_by = None
            self.sent_at.append(now)
        within_a_day = sum(now - at < DAY for at in self.sent_at)
        if within_a_day > self.rules.most_a_day:
            self.wrong.append(f"{now:%m-%d %H:%M} {within_a_day} within 24 hours")

    def stopped(self) -> None:
        """Reminders end for good; links that are out stay good."""
        self.is_on = False
        for car in self.world.cars.values():
            car.reminders = []

    def _complain(self, is_wrong: bool, what: str, car: Car, now: datetime) -> None:
        if is_wrong:
            self.wrong.append(f"{now:%m-%d %H:%M} {what}: {car}")
