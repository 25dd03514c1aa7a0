"""One kind of a vehicle's logs as a stretch of time that can be read from either end."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from onboarding_portal.sandbox.incidents import commands_of_day, errors_of_day
from onboarding_portal.sandbox.moments import DAY_US, parse_iso
from onboarding_portal.sandbox.records import Vehicle
from onboarding_portal.sandbox.telemetry import Entry, sample_times, status_at, status_entries

Kind = Literal["status", "command", "error"]
TIME_FIELD: dict[Kind, str] = {"status": "sampled_at", "command": "logged_at", "error": "logged_at"}


@dataclass(frozen=True, kw_only=True)
class Log:
    vehicle: Vehicle
    make_name: str
    kind: Kind
    now_us: int

    def entries(self, *, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]:
        """What was logged from `low_us` to `high_us`, both included; nothing lies in the future."""
        high_us = min(high_us, self.now_us)
        sources = [self._made(low_us=low_us, high_us=high_us, newest_first=newest_first)]
        by_hand = [entry for entry in self._by_hand() if low_us <= entry.at_us <= high_us]
        sources.append(iter(sorted(by_hand, key=lambda entry: entry.at_us, reverse=newest_first)))
        return heapq.merge(*sources, key=lambda entry: entry.at_us, reverse=newest_first)

    def _by_hand(self) -> list[Entry]:
        field = TIME_FIELD[self.kind]
        return [Entry(parse_iso(body[field]), body) for body in self.vehicle.logs.get(self.kind, [])]

    def _made(self, *, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]:
        if not self.vehicle.periods:
            return iter(())
        low_us = max(low_us, self.vehicle.periods[0].start_us)
        if self.kind == "status":
            return status_entries(
                vehicle=self.vehicle, low_us=low_us, high_us=high_us, newest_first=newest_first
            )
        return self._by_day(low_us=low_us, high_us=high_us, newest_first=newest_first)

    def _by_day(self, *, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]:
        # Every day stands alone: no car's commands, nor the errors they cause, run over midnight UTC.
        days = range(low_us // DAY_US, high_us // DAY_US + 1)
        for day in reversed(days) if newest_first else days:
            entries = [entry for entry in self._of_day(day) if low_us <= entry.at_us <= high_us]
            yield from reversed(entries) if newest_first else entries

    def _of_day(self, day: int) -> list[Entry]:
        if self.kind == "command":
            return commands_of_day(vehicle=self.vehicle, day=day)
        return errors_of_day(vehicle=self.vehicle, day=day, make_name=self.make_name)

    def at(self, moment_us: int) -> Entry | None:
        return next(self.entries(low_us=moment_us, high_us=moment_us, newest_first=True), None)


def latest_status(*, vehicle: Vehicle, now_us: int) -> Entry | None:
    """The newest status log, without building any other: lists of a hundred vehicles ask for it."""
    made = next(sample_times(periods=vehicle.periods, low_us=0, high_us=now_us, newest_first=True), None)
    by_hand = [
        Entry(parse_iso(body["sampled_at"]), body)
        for body in vehicle.logs.get("status", [])
        if parse_iso(body["sampled_at"]) <= now_us
    ]
    newest = max(by_hand, key=lambda entry: entry.at_us, default=None)
    if made is None or (newest and newest.at_us >= made):
        return newest
    return Entry(made, status_at(vehicle=vehicle, moment_us=made))
