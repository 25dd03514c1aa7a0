"""A rolling window of requests, as far as one application can know it. Times are epoch seconds.

ev.energy forgets a request one window after it came in, a moment between our sending and its answer. So a
request is booked as if answered as late as can be when it is sent, and booked again when it was answered: no
place is taken to be free before it is free at ev.energy.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

# Longer than any call may take; a request whose process was killed is held to have come in this late.
FLIGHT_SECONDS = 12.0
DEFAULT_LIMIT = 1000
_STEPS = 1000  # how finely the window is cut; times are rounded up, so this costs 0.1 % of it at most
_FRESH = 100  # what others spent is certain for this part of a window


@dataclass(frozen=True, slots=True)
class Observation:
    """What one answer said. `remaining` and `limit` are None where it said nothing."""

    limit: int | None = None
    remaining: int | None = None
    is_rate_limited: bool = False
    retry_after_seconds: float | None = None


@dataclass(slots=True)
class Window:
    """Requests of the last `seconds`: ours, by when they came in, and what others took from the limit."""

    seconds: float
    limit: int = DEFAULT_LIMIT
    booked: dict[int, int] = field(default_factory=dict)  # step in which requests came in -> how many
    others: int = 0
    others_seen_at: float = 0.0
    blocked_until: float = 0.0
    rate_limited_count: int = 0

    def used(self, *, now: float) -> int:
        """Requests that count against the limit now."""
        self._forget(now)
        return sum(self.booked.values()) + self.others

    def seconds_until_free(self, *, keep: int, now: float) -> float:
        """Until one more request leaves at least `keep` of the limit; 0 if it does now."""
        if self.blocked_until > now:
            return self.blocked_until - now
        too_many = self.used(now=now) + 1 - (self.limit - keep)
        if too_many <= 0:
            return 0.0
        leaving = sorted(self._leaving(now))
        return max(0.001, leaving[too_many - 1] - now) if too_many <= len(leaving) else self.seconds

    def seconds_until_free_for_owner(self, *, keep: int, now: float) -> float:
        """The same for an owner.

        What others took leaves the window bit by bit, and nobody tells us when: it holds an owner up only
        as long as it is certain.
        """
        certain_until = self.others_seen_at + self.seconds / _FRESH
        waits = self.seconds_until_free(keep=keep, now=now)
        if waits <= 0 or self.blocked_until > now or sum(self.booked.values()) >= self.limit - keep:
            return waits
        return max(0.0, min(waits, certain_until - now))

    def seconds_until_done(self, *, requests: int, keep: int, now: float) -> float:
        """Until `requests` more could be sent while `keep` are left alone; infinite if they never can."""
        places = self.limit - keep
        if requests <= 0:
            return 0.0
        if places <= 0:
            return math.inf
        used = self.used(now=now)
        leaving = sorted(self._leaving(now))[max(0, used - places) :]
        free_at = [now] * max(0, places - used) + leaving
        rounds, place = divmod(requests - 1, places)
        return max(free_at[place], self.blocked_until) - now + rounds * self.seconds

    def next_free_at(self, *, now: float) -> float | None:
        """When the oldest request leaves the window; None if none is in it."""
        self._forget(now)
        return min(self._leaving(now), default=None)

    def book(self, *, now: float) -> int:
        """Counts a request about to be sent. Gives the mark by which `settle` finds it again."""
        step = self._step(now + FLIGHT_SECONDS)
        self.booked[step] = self.booked.get(step, 0) + 1
        return step

    def give_back(self, mark: int) -> None:
        """The request was never sent."""
        if self.booked.get(mark, 0) > 0:
            self.booked[mark] -= 1

    def settle(self, mark: int | None, *, seen: Observation, sent_at: float | None, now: float) -> None:
        """Counts a request as come in by `now` and learns from its answer. `now` may be a while ago."""
        if mark is not None:
            self.give_back(mark)
        step = self._step(now)
        self.booked[step] = self.booked.get(step, 0) + 1
        self._forget(now)
        if seen.limit:
            self.limit = seen.limit
        if seen.remaining is not None:
            learned_at = now if sent_at is None else sent_at
            self._learn_of_others(self.limit - seen.remaining, sent_at=learned_at, now=now)
        if seen.is_rate_limited:
            self._block(seen.retry_after_seconds, now=now)

    def _learn_of_others(self, used: int, *, sent_at: float, now: float) -> None:
        # Only our answered requests are surely in the server's count; those under way may not be yet.
        answered = sum(count for step, count in self.booked.items() if step <= self._step(now))
        others = max(0, used - answered)
        # Answers overtake each other: an older one may raise what a newer one told, not lower it.
        if sent_at >= self.others_seen_at or others > self.others:
            self.others, self.others_seen_at = others, now

    def _block(self, retry_after_seconds: float | None, *, now: float) -> None:
        # "At once" is no answer to "too many": it would have the same request refused over and over.
        shortest = self._step_seconds
        wait = self.seconds / 20 if retry_after_seconds is None else max(retry_after_seconds, shortest)
        self.rate_limited_count += 1
        self.blocked_until = max(self.blocked_until, now + min(wait, self.seconds))

    def _leaving(self, now: float) -> Iterator[float]:
        """When each request leaves; one under way is taken to be answered now."""
        for step, count in self.booked.items():
            leaves_at = min(step * self._step_seconds, now) + self.seconds
            yield from [leaves_at] * count
        yield from [self.others_seen_at + self.seconds] * self.others

    def _forget(self, now: float) -> None:
        gone = now - self.seconds
        self.booked = {
            step: count for step, count in self.booked.items() if count and step * self._step_seconds > gone
        }
        if self.others_seen_at <= gone:
            self.others = 0

    @property
    def _step_seconds(self) -> float:
        return self.seconds / _STEPS

    def _step(self, moment: float) -> int:
        return math.ceil(moment / self._step_seconds)
