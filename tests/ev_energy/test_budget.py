"""The shared request budget: owners first, no 429, nothing above the reserve left unused."""

import heapq
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from pytest_django import Settings

from onboarding_portal.ev_energy import budget as budget_module
from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.budget import Budget, get_budget
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.errors import BudgetExhausted, RateLimited, Unavailable
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.reservation import Reservation
from tests.ev_energy.rolling_server import RollingLimit, answer
from tests.ev_energy_api import EvEnergyApi

START = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_budget(clock: Clock, *, window: float = 3600.0, reserve: int = 2, staff_share: float = 0.0) -> Budget:
    return Budget(
        key="test-budget",
        window_seconds=window,
        reserved_requests=reserve,
        staff_share=staff_share,
        clock=clock,
        sleep=lambda seconds: None,
    )


def spend(budget: Budget, count: int, *, limit: int = 10, others: int = 0) -> None:
    """So many requests, each answered as a server does whose whole use is ours and that of `others`."""
    for _ in range(count):
        reservation = budget.reserve()
        used = budget.snapshot().used if not others else budget.snapshot().used + others
        budget.settle([reservation], answer=answer(limit=limit, remaining=max(0, limit - used)))


def wait_for_bulk(budget: Budget) -> float:
    with priority(Priority.BULK), pytest.raises(BudgetExhausted) as caught:
        budget.reserve()
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_bulk_stops_at_the_reserve_and_owners_go_on(clock: Clock) -> None:
    budget = a_budget(clock, reserve=2)
    with priority(Priority.BULK):
        spend(budget, 8)

    assert wait_for_bulk(budget) == pytest.approx(3600, abs=4)
    spend(budget, 2)
    assert budget.snapshot().remaining == 0
    with pytest.raises(BudgetExhausted):
        budget.reserve()


def test_background_stops_before_staff_and_staff_before_owners(clock: Clock) -> None:
    budget = a_budget(clock, reserve=2, staff_share=0.25)
    with priority(Priority.BULK):
        spend(budget, 6)
    state = budget.snapshot()
    assert (state.staff_reserve, state.available_for_staff, state.available_for_bulk) == (2, 2, 0)

    assert wait_for_bulk(budget) == pytest.approx(3600, abs=4)
    with priority(Priority.STAFF):
        spend(budget, 2)
        with pytest.raises(BudgetExhausted) as caught:
            budget.reserve()
    assert caught.value.retry_after == pytest.approx(3600, abs=4)
    spend(budget, 2)
    assert budget.snapshot().remaining == 0


@pytest.mark.parametrize(
    ("limit", "reserve", "for_staff"), [(1000, 200, 80), (10_000, 200, 980), (1000, 999, 0), (1000, 5000, 0)]
)
def test_staffs_share_is_a_tenth_of_what_lies_above_the_reserve(
    clock: Clock, settings: Settings, limit: int, reserve: int, for_staff: int
) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = reserve
    get_budget().settle([get_budget().reserve()], answer=answer(limit=limit, remaining=limit - 1))

    assert budget_module.snapshot().staff_reserve == for_staff


def test_place_is_free_when_the_oldest_request_leaves_the_window(clock: Clock) -> None:
    budget = a_budget(clock, reserve=2)
    spend(budget, 1)
    clock.now += 600
    spend(budget, 7)

    wait = wait_for_bulk(budget)
    assert wait == pytest.approx(3000, abs=4)
    clock.now += wait
    with priority(Priority.BULK):
        spend(budget, 1)
    assert wait_for_bulk(budget) == pytest.approx(600, abs=4)


def test_place_is_counted_from_the_answer_not_from_the_sending(clock: Clock) -> None:
    budget = a_budget(clock, window=10, reserve=0)
    reservation = budget.reserve()
    clock.now += 3
    budget.settle([reservation], answer=answer(limit=1, remaining=0))

    assert wait_for_bulk(budget) == pytest.approx(10, abs=0.02)


def test_request_of_a_killed_process_is_given_back_in_the_end(clock: Clock) -> None:
    budget = a_budget(clock, window=10, reserve=0)
    spend(budget, 1, limit=2)
    budget.reserve()  # and never settled

    clock.now += 10.1
    assert budget.snapshot().used == 1
    clock.now += 12
    assert budget.snapshot().used == 0


def test_repeated_sendings_count_each(clock: Clock) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve(), budget.reserve(), budget.reserve()], answer=None)

    assert budget.snapshot().used == 3


def test_what_others_spend_is_believed(clock: Clock) -> None:
    budget = a_budget(clock, reserve=2)
    budget.settle([budget.reserve()], answer=answer(limit=10, remaining=1))

    state = budget.snapshot()
    assert (state.used, state.remaining, state.available_for_bulk) == (9, 1, 0)
    assert wait_for_bulk(budget) == pytest.approx(3600, abs=4)


def test_what_others_spent_is_forgotten_when_it_has_left_the_window(clock: Clock) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve()], answer=answer(limit=10, remaining=1))
    clock.now += 3605

    assert budget.snapshot().used == 0


def test_newer_answer_corrects_what_others_spent(clock: Clock) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve()], answer=answer(limit=10, remaining=1))
    clock.now += 60
    budget.settle([budget.reserve()], answer=answer(limit=10, remaining=7))

    assert budget.snapshot().used == 3


def test_answer_overtaken_by_another_does_not_forget_what_others_spent(clock: Clock) -> None:
    budget = a_budget(clock, window=100)
    early, late = budget.reserve(), budget.reserve()
    clock.now += 1
    budget.settle([late], answer=answer(limit=10, remaining=2))
    clock.now += 1
    budget.settle([early], answer=answer(limit=10, remaining=9))

    assert budget.snapshot().remaining <= 2


def test_owner_looks_again_when_what_others_spent_is_old(clock: Clock) -> None:
    budget = a_budget(clock, reserve=0)
    budget.settle([budget.reserve()], answer=answer(limit=10, remaining=0))
    with pytest.raises(BudgetExhausted):
        budget.reserve()

    clock.now += 40
    assert budget.reserve().mark is not None
    assert wait_for_bulk(budget) > 3000


def test_limit_is_what_ev_energy_says(clock: Clock) -> None:
    budget = a_budget(clock, reserve=200)
    assert budget.snapshot().limit == 1000

    budget.settle([budget.reserve()], answer=answer(limit=5000, remaining=4999))

    state = budget.snapshot()
    assert (state.limit, state.available_for_bulk) == (5000, 4799)


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", "-5", "0"])
def test_nonsense_in_the_headers_changes_nothing(clock: Clock, value: str) -> None:
    budget = a_budget(clock)
    said = answer(limit=None)
    nonsense = {"x-ratelimit-limit": value}
    budget.settle(
        [budget.reserve()], answer=type(said)(status=200, headers=nonsense, body=b"", received_at=0)
    )

    assert (budget.snapshot().limit, budget.snapshot().used) == (1000, 1)


def test_429_holds_everyone_until_it_ends_and_is_counted(clock: Clock) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve()], answer=answer(status=429, limit=10, retry_after=30))

    assert wait_for_bulk(budget) == pytest.approx(30)
    with pytest.raises(BudgetExhausted) as caught:
        budget.reserve()
    assert caught.value.retry_after == pytest.approx(30)
    state = budget.snapshot()
    assert state.rate_limited_count == 1
    assert state.blocked_until == datetime.fromtimestamp(START + 30, tz=UTC)

    clock.now += 31
    assert budget.reserve().mark is not None
    assert budget.snapshot().blocked_until is None


@pytest.mark.parametrize(("retry_after", "held"), [(None, 180.0), (10**9, 3600.0)])
def test_429_holds_for_a_window_at_most(clock: Clock, retry_after: float | None, held: float) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve()], answer=answer(status=429, retry_after=retry_after))

    assert wait_for_bulk(budget) == pytest.approx(held)


@pytest.mark.parametrize("retry_after", [0.0, 0.001])
def test_429_that_says_come_back_at_once_holds_for_a_moment(clock: Clock, retry_after: float) -> None:
    budget = a_budget(clock)
    budget.settle([budget.reserve()], answer=answer(status=429, retry_after=retry_after))

    assert wait_for_bulk(budget) >= 1
    with pytest.raises(BudgetExhausted):
        budget.reserve()


@pytest.mark.parametrize("remaining", [0, 10**15])
def test_absurd_limit_takes_no_absurd_room(clock: Clock, remaining: int) -> None:
    budget = a_budget(clock)

    budget.settle([budget.reserve()], answer=answer(limit=10**15, remaining=remaining))

    assert budget.snapshot().limit == 100_000
    assert budget.seconds_until_done(requests=10, now=datetime.fromtimestamp(clock.now, UTC)) <= 3600


def test_reserve_as_large_as_the_limit_leaves_nothing_to_bulk(clock: Clock) -> None:
    budget = a_budget(clock, reserve=10)
    spend(budget, 1)

    assert wait_for_bulk(budget) > 0
    assert budget.seconds_until_done(requests=1, now=datetime.fromtimestamp(START, tz=UTC)) == math.inf


@pytest.mark.parametrize(
    ("requests", "seconds"), [(0, 0), (1, 0), (4, 0), (5, 3000), (8, 3000), (9, 3600), (13, 6600), (16, 6600)]
)
def test_time_for_bulk_work_is_told_beforehand(clock: Clock, requests: int, seconds: float) -> None:
    budget = a_budget(clock, reserve=2)
    spend(budget, 4)
    clock.now += 600
    now = datetime.fromtimestamp(clock.now, tz=UTC)

    assert budget.seconds_until_done(requests=requests, now=now) == pytest.approx(seconds, abs=4)


def test_lock_that_cannot_be_had_holds_up_bulk_alone(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_module, "OWNER_WAITS_SECONDS", 0.01)
    monkeypatch.setattr(budget_module, "BULK_WAITS_SECONDS", 0.01)
    budget = a_budget(clock)
    spend(budget, 1)
    cache.add("test-budget:lock", "somebody", timeout=30)

    unwritten = budget.reserve()
    assert unwritten.mark is None
    assert wait_for_bulk(budget) == 1.0

    cache.delete("test-budget:lock")
    budget.settle([unwritten], answer=answer(limit=10, remaining=8))
    assert budget.snapshot().used == 2


def test_cache_that_is_down_holds_up_bulk_alone(clock: Clock, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/proc/no"}
    }
    budget = a_budget(clock)

    reservation = budget.reserve()
    budget.settle([reservation], answer=answer(limit=10, remaining=9))
    assert reservation == Reservation(mark=None)
    assert wait_for_bulk(budget) == 1.0
    assert not budget.snapshot().is_known


def test_lock_of_another_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shared_cache, "SURELY_HELD_SECONDS", 0.0
    )  # as if this took longer than the lock lasts
    with shared_cache.lock("test-budget:lock", wait_seconds=1) as is_held:
        assert is_held
        cache.set("test-budget:lock", "taken over after it ended")

    assert cache.get("test-budget:lock") == "taken over after it ended"


def test_what_another_release_stored_is_read_as_far_as_it_is_known(clock: Clock) -> None:
    budget = a_budget(clock)
    spend(budget, 3)
    cache.set("test-budget", {**cache.get("test-budget"), "added_later": 1})

    assert budget.snapshot().used == 3


def test_thousand_requests_take_little_room(clock: Clock) -> None:
    budget = a_budget(clock, reserve=0)
    for _ in range(1000):
        budget.settle([budget.reserve()], answer=answer(limit=1000))
        clock.now += 3.599

    booked = cache.get("test-budget")["booked"]
    assert len(booked) <= 1001
    assert budget.snapshot().used >= 999


def test_client_sends_nothing_when_the_budget_says_no(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("GET", "/vehicle_makes", json=[], headers={"X-RateLimit-Remaining": "150"})
    client.makes()

    with priority(Priority.BULK), pytest.raises(BudgetExhausted) as caught:
        client.makes()

    assert isinstance(caught.value, RateLimited)
    assert (caught.value.operation, caught.value.status) == ("makes", None)
    assert len(ev_energy_api.requests) == 1
    assert get_budget().snapshot().rate_limited_count == 0
    assert client.makes().items == ()


def test_client_learns_from_a_429(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/vehicle_makes", 429, headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as caught:
        client.makes()
    assert not isinstance(caught.value, BudgetExhausted)

    with pytest.raises(BudgetExhausted):
        client.makes()

    assert budget_module.snapshot().rate_limited_count == 1
    assert len(ev_energy_api.requests) == 1


def test_repeated_reads_are_counted(client: Client, ev_energy_api: EvEnergyApi) -> None:
    for _ in range(2):
        ev_energy_api.add_problem("GET", "/vehicle_makes", 503, headers={"X-RateLimit-Remaining": ""})
    ev_energy_api.add("GET", "/vehicle_makes", json=[], headers={"X-RateLimit-Remaining": "997"})

    assert client.makes().items == ()

    assert len(ev_energy_api.requests) == 3
    assert budget_module.snapshot().used == 3


def test_bulk_read_is_not_repeated_out_of_the_reserve(ev_energy_api: EvEnergyApi, settings: Settings) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 999
    ev_energy_api.add_problem("GET", "/vehicle_makes", 503)

    with priority(Priority.BULK), pytest.raises(Unavailable):
        get_client().makes()

    assert len(ev_energy_api.requests) == 1


def test_other_window_or_address_starts_afresh(settings: Settings) -> None:
    get_budget().reserve()
    assert get_budget().snapshot().used == 1

    settings.EV_ENERGY_RATE_WINDOW_SECONDS = 10
    assert get_budget().snapshot().used == 0
    get_budget().reserve()
    settings.EV_ENERGY_API_URL = "https://api-staging.ev.energy/v2"
    assert get_budget().snapshot().used == 0


Event = tuple[float, int, Callable[[], None]]


class Simulation:
    """Workers, owners and strangers at one server, over hours, in no time: the clock jumps between events."""

    def __init__(self, *, clock: Clock, server: RollingLimit, reserve: int, seed: int) -> None:
        self.clock = clock
        self.server = server
        self.random = random.Random(seed)
        self.budget = a_budget(clock, window=server.window_seconds, reserve=reserve)
        self.events: list[Event] = []
        self.refused_owners = 0

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, len(self.events) + self.random.randrange(10**9), act))

    def run(self, *, until: float) -> None:
        while self.events and self.events[0][0] < until:
            moment, _, act = heapq.heappop(self.events)
            self.clock.now = max(self.clock.now, moment)
            act()

    def call(self, of: Priority, then: Callable[[float], None]) -> None:
        """One request with random delays on the way; `then` is told how long to wait."""
        try:
            with priority(of):
                reservation = self.budget.reserve()
        except BudgetExhausted as exhausted:
            self.refused_owners += of is Priority.OWNER
            return then(exhausted.retry_after or 0.0)

        def arrive() -> None:
            got = self.server.take(now=self.clock.now)
            self.at(self.clock.now + self.delay(), lambda: settle(got))

        def settle(got: object) -> None:
            self.budget.settle([reservation], answer=got)
            then(0.0)

        return self.at(self.clock.now + self.delay(), arrive)

    def delay(self) -> float:
        return self.random.uniform(0.001, 0.02)

    def worker(self) -> None:
        self.call(Priority.BULK, lambda wait: self.at(self.clock.now + wait, self.worker))

    def owner(self, every: float) -> None:
        self.call(Priority.OWNER, lambda _: None)
        self.at(self.clock.now + every, lambda: self.owner(every))

    def stranger(self, every: float) -> None:
        self.server.take(now=self.clock.now)
        self.at(self.clock.now + every, lambda: self.stranger(every))


def in_window_before(server: RollingLimit, moment: float) -> int:
    """Requests in the window that ends with the one of this moment."""
    return sum(moment - server.window_seconds < other <= moment for other in server.served)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_bulk_uses_all_above_the_reserve_and_meets_no_429(clock: Clock, workers: int) -> None:
    server = RollingLimit(limit=100, window_seconds=10)
    simulation = Simulation(clock=clock, server=server, reserve=20, seed=workers)
    for _ in range(workers):
        simulation.at(START, simulation.worker)

    simulation.run(until=START + 100)

    steady = [moment for moment in server.served if START + 10 <= moment < START + 90]
    assert server.rate_limited == 0
    assert len(steady) >= 0.95 * 80 * 8
    assert max(in_window_before(server, moment) for moment in server.served) == 80


def test_owner_is_served_each_time_while_bulk_runs(clock: Clock) -> None:
    server = RollingLimit(limit=100, window_seconds=10)
    simulation = Simulation(clock=clock, server=server, reserve=20, seed=7)
    for _ in range(3):
        simulation.at(START, simulation.worker)
    simulation.at(START + 0.5, lambda: simulation.owner(1.0))

    simulation.run(until=START + 100)

    assert (server.rate_limited, simulation.refused_owners) == (0, 0)


@pytest.mark.parametrize("every", [0.5, 2.0])
def test_strangers_at_the_same_limit_are_left_their_part(clock: Clock, every: float) -> None:
    server = RollingLimit(limit=100, window_seconds=10)
    simulation = Simulation(clock=clock, server=server, reserve=20, seed=11)
    for _ in range(2):
        simulation.at(START, simulation.worker)
    simulation.at(START + 0.1, lambda: simulation.stranger(every))

    simulation.run(until=START + 100)

    assert server.rate_limited == 0
    assert len([moment for moment in server.served if moment >= START + 10]) >= 0.8 * 80 * 9
