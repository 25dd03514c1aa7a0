"""Whatever several processes do at one budget, and who is killed: never above the limit, nothing lost for long."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding_portal.ev_energy import budget as budget_module
from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.errors import BudgetExhausted
from onboarding_portal.ev_energy.fair_share import Spender, on_behalf_of
from onboarding_portal.ev_energy.in_hand import PLACES_LAST_SECONDS
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.rate_window import FLIGHT_SECONDS
from onboarding_portal.ev_energy.responses import Answer
from tests.ev_energy.rolling_server import RollingLimit

START, WINDOW, PROCESSES = 1_700_000_000.0, 60.0, 3
LONGEST_CALL = 10.0


@dataclass(frozen=True)
class Step:
    """After `pause`, a process sends `burst` requests, each `flight` seconds on the way there and as long back."""

    process: int
    rank: Priority
    pause: float
    flight: float
    burst: int
    end: str  # of the process afterwards: it goes on, is killed at once, or ends well


STEPS = st.lists(
    st.builds(
        Step,
        process=st.integers(0, PROCESSES - 1),
        rank=st.sampled_from(Priority),
        pause=st.floats(0, 8),
        flight=st.floats(0.001, LONGEST_CALL / 2),
        burst=st.integers(1, 9),
        end=st.sampled_from(["goes on", "goes on", "goes on", "killed", "ends"]),
    ),
    min_size=1,
    max_size=40,
)

FIRST = Step(process=0, rank=Priority.OWNER, pause=0, flight=0.01, burst=1, end="goes on")


@dataclass
class World:
    """Processes at one cache, a server, and what is on its way."""

    limit: int
    reserve: int
    now: float = START
    on_the_way: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        cache.clear()
        self.server = RollingLimit(limit=self.limit, window_seconds=WINDOW)
        self.processes = [self.new_process() for _ in range(PROCESSES)]

    def new_process(self) -> Budget:
        return Budget(
            key="properties",
            window_seconds=WINDOW,
            reserved_requests=self.reserve,
            clock=lambda: self.now,
            sleep=lambda seconds: None,
        )

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while self.on_the_way and self.on_the_way[0][0] <= until:
            self.now, _, act = heapq.heappop(self.on_the_way)
            act()
        self.now = until

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.on_the_way, (moment, id(act), act))

    def take(self, step: Step) -> None:
        self.pass_time(step.pause)
        process = self.processes[step.process]
        with priority(step.rank), on_behalf_of(lambda: Spender(step.process, is_new=step.burst % 2 == 0)):
            for _ in range(step.burst):
                self.send(process, step)
        if step.end == "ends":
            process.flush()
        if step.end != "goes on":
            self.processes[step.process] = self.new_process()

    def send(self, process: Budget, step: Step) -> None:
        try:
            reservation = process.reserve()
        except BudgetExhausted as exhausted:
            self.waits.append(exhausted.retry_after or 0.0)
            return

        def arrive() -> None:
            got = self.server.take(now=self.now)
            self.at(self.now + step.flight, lambda: answer(got))

        def answer(got: Answer) -> None:
            if any(process is alive for alive in self.processes):
                process.settle([reservation], answer=got)

        self.at(self.now + step.flight, arrive)


@pytest.fixture(autouse=True)
def _places_ahead_at_small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_module, "REQUESTS_FOR_EACH_PLACE_AHEAD", 8)


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(steps=STEPS, limit=st.integers(5, 60), reserve=st.integers(0, 20))
def test_never_more_than_the_limit(steps: list[Step], limit: int, reserve: int) -> None:
    world = World(limit=limit, reserve=reserve)
    world.take(FIRST)
    world.pass_time(LONGEST_CALL)  # the limit is known now

    for step in steps:
        world.take(step)
    world.pass_time(LONGEST_CALL)

    assert world.server.rate_limited == 0
    assert all(0 < wait <= WINDOW * 13 / 12 for wait in world.waits)


@quick
@given(steps=STEPS)
def test_nothing_is_lost_for_longer_than_stated(steps: list[Step]) -> None:
    world = World(limit=40, reserve=5)
    for step in steps:
        world.take(step)

    # Whatever was killed, or taken ahead and never used.
    world.pass_time(PLACES_LAST_SECONDS + FLIGHT_SECONDS + WINDOW + 1)
    assert world.new_process().snapshot().used == 0


def strangers(world: World) -> None:
    world.server.take(now=world.now)


@quick
@given(steps=STEPS, others=st.lists(st.floats(0, 60), max_size=20))
def test_what_others_spend_leads_to_no_429_as_long_as_it_fits_the_reserve(
    steps: list[Step], others: list[float]
) -> None:
    world = World(limit=60, reserve=20)
    world.take(FIRST)
    world.pass_time(LONGEST_CALL)
    for after in others:
        world.at(world.now + after, lambda: strangers(world))

    for step in steps:
        world.take(replace(step, rank=Priority.BULK if step.rank is Priority.OWNER else step.rank))
    world.pass_time(LONGEST_CALL)

    assert world.server.rate_limited == 0
