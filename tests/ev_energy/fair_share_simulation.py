"""Hostile accounts, honest newcomers and older owners at one budget, over hours, in no time: the clock jumps."""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.errors import BudgetExhausted
from onboarding_portal.ev_energy.fair_share import Spender, on_behalf_of
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.rate_window import Observation
from onboarding_portal.ev_energy.window_store import WindowStore
from tests.ev_energy.rolling_server import RollingLimit

START = 1_700_000_000.0
HOUR = 3600.0
PATIENCE_SECONDS = 10.0
CALLS_OF_A_NEWCOMER = 4  # looked up twice, made, and the one car read back
CALLS_OF_AN_OLDER_OWNER = 3


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Who comes when, in seconds from the start; honest owners' times are spread evenly over theirs."""

    name: str
    limit: int = 1000
    reserve: int = 200
    hostile: int = 200
    hostile_over: tuple[float, float] = (0.0, 60.0)
    hostile_in_vain_after: int = (
        2  # of a hostile account's calls, so many are good; the rest name no car of theirs
    )
    honest_over: tuple[float, float] = (0.0, 60.0)
    until: float = HOUR
    background: int = (
        100  # requests in the hour before; meanwhile it goes on with six a minute, as far as it may
    )


@dataclass
class Outcome:
    """Waits in seconds of every call; those not served within ten seconds are infinite."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"new": [], "older": []})
    hostile_calls: int = 0
    server: RollingLimit = field(default_factory=lambda: RollingLimit(limit=0, window_seconds=HOUR))

    def served(self, kind: str) -> int:
        return sum(wait < PATIENCE_SECONDS for wait in self.waits[kind])

    def slowest(self, kind: str) -> float:
        return max(self.waits[kind])


class Simulation:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.now = START
        self.random = random.Random(1)
        self.outcome = Outcome(server=RollingLimit(limit=shape.limit, window_seconds=HOUR))
        self.budget = Budget(
            key="fair-share",
            window_seconds=HOUR,
            reserved_requests=shape.reserve,
            clock=lambda: self.now,
            sleep=lambda seconds: None,
        )
        self.events: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, len(self.events) * 10**6 + self.random.randrange(10**6), act))

    def run(self) -> Outcome:
        shape = self.shape
        self.spend_the_hour_before()
        for second in range(10, int(HOUR), 10):
            self.at(START + second, self.background)
        for number in range(shape.hostile):
            self.at(START + self.random.uniform(*shape.hostile_over), lambda n=number: self.hostile(n, 0))
        for number, moment in enumerate(spread(20, shape.honest_over)):
            new, older = Spender(10_000 + number, is_new=True), Spender(20_000 + number, is_new=False)
            self.at(START + moment, lambda who=new: self.honest(who, "new", CALLS_OF_A_NEWCOMER))
            self.at(START + moment, lambda who=older: self.honest(who, "older", CALLS_OF_AN_OLDER_OWNER))
        while self.events and self.events[0][0] < START + self.shape.until:
            moment, _, act = heapq.heappop(self.events)
            self.now = max(self.now, moment)
            act()
        return self.outcome

    def spend_the_hour_before(self) -> None:
        """Background work, evenly, written down at once as if it had been seen."""
        store = WindowStore(key="fair-share", window_seconds=HOUR)
        ledger = store.empty()
        ledger.window.limit = self.shape.limit
        for moment in spread(self.shape.background, (START - HOUR + 10, START)):
            got = self.outcome.server.take(now=moment)
            ledger.window.settle(None, seen=Observation(), sent_at=None, now=moment)
            assert got.status == 200
        store.write(ledger)

    def call(self, spender: Spender | None, of: Priority, *, in_vain: bool = False) -> bool:
        try:
            with priority(of), on_behalf_of(lambda: spender):
                reservation = self.budget.reserve()
        except BudgetExhausted:
            return False
        answer = self.outcome.server.take(now=self.now)
        answer = replace(answer, status=404) if in_vain else answer
        self.budget.settle([reservation], answer=answer)
        return True

    def background(self) -> None:
        self.call(None, Priority.BULK)

    def hostile(self, number: int, made: int) -> None:
        """As fast as it is let, and every ten minutes when it is not."""
        in_vain = made >= self.shape.hostile_in_vain_after
        if self.call(Spender(number, is_new=True), Priority.OWNER, in_vain=in_vain):
            self.outcome.hostile_calls += 1
            self.at(self.now + 0.5, lambda: self.hostile(number, made + 1))
        else:
            self.at(self.now + 600, lambda: self.hostile(number, made))

    def honest(self, who: Spender, kind: str, left: int, since: float | None = None) -> None:
        """One call after the other, half a minute apart; one that is refused is tried every two seconds."""
        since = self.now if since is None else since
        if self.call(who, Priority.OWNER):
            self.outcome.waits[kind].append(self.now - since)
            if left > 1:
                self.at(self.now + 30, lambda: self.honest(who, kind, left - 1))
        elif self.now - since < PATIENCE_SECONDS:
            self.at(self.now + 2, lambda: self.honest(who, kind, left, since))
        else:
            self.outcome.waits[kind].extend([float("inf")] * left)


def spread(count: int, over: tuple[float, float]) -> Sequence[float]:
    first, last = over
    return [first + (last - first) * number / count for number in range(count)]
