"""The arithmetic of docs/scale.md run with all of it scaled down: a limit of 100 an hour, small pages, time moved."""

import json
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
import time_machine
from django.db.models import Min
from django.utils import timezone
from pytest_django import Settings
from requests import PreparedRequest

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.ev_energy.errors import RateLimited
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.operations.clock import jobs
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.data_age import data_age
from onboarding_portal.vehicles.models import SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.pace import SLOT, current_pace
from tests.factories import make_owner, make_vehicle
from tests.vehicles.resources import vehicle_answer

pytestmark = pytest.mark.django_db

# On a slot's border.
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
LIMIT, RESERVE, HOUR, STEP = 100, 20, timedelta(hours=1), timedelta(minutes=5)
CARS_A_PAGE = 2
API = "https://api.ev.energy/v2"


@dataclass
class SmallEvEnergy:
    """So many pages of cars, and a true rolling limit: what is over it is a 429."""

    page_count: int
    owner: User
    asked_at: deque[float] = field(default_factory=deque)
    lists_at: list[float] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        cars = [vehicle_answer(owner=self.owner, trim=None) for _ in range(self.page_count * CARS_A_PAGE)]
        self.pages = [cars[first : first + CARS_A_PAGE] for first in range(0, len(cars), CARS_A_PAGE)]

    def answer_list(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        after = parse_qs(urlsplit(str(request.url)).query).get("page_after")
        number = 0 if after is None else 1 + [str(page[-1]["id"]) for page in self.pages].index(after[0])
        is_last = number + 1 == self.page_count
        following = "about:blank" if is_last else f"{API}/vehicles?page_after={self.pages[number][-1]['id']}"
        self.lists_at.append(time.time())
        return self._limited(self.pages[number], Link=f'<{following}>; rel="next"')

    def answer_other(self, _request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        return self._limited([])

    def _limited(self, content: object, **headers: str) -> tuple[int, dict[str, str], str]:
        while self.asked_at and self.asked_at[0] <= time.time() - HOUR.total_seconds():
            self.asked_at.popleft()
        if len(self.asked_at) >= LIMIT:
            self.refused += 1
            return 429, {"Retry-After": "60"}, "{}"
        self.asked_at.append(time.time())
        told = {"X-RateLimit-Limit": str(LIMIT), "X-RateLimit-Remaining": str(LIMIT - len(self.asked_at))}
        return 200, {"EvEnergy-Version": "2", **told, **headers}, json.dumps(content)


@dataclass
class Portal:
    """The clock's slots, staff who read a log every five minutes, and bulk work that always wants more."""

    api: SmallEvEnergy
    traveller: time_machine.Traveller
    car: Vehicle
    ages: list[timedelta] = field(default_factory=list)
    staff_refused: int = 0
    bulk_sent_at: list[float] = field(default_factory=list)
    slot_at: datetime = NOW

    def run(self, length: timedelta, *, is_clock_up: bool = True, bulk_a_slot: int = 0) -> None:
        until = timezone.now() + length
        while timezone.now() < until:
            if timezone.now() >= self.slot_at:
                self.slot_at = timezone.now() + SLOT
                self._slot(is_clock_up=is_clock_up, bulk=bulk_a_slot)
            self.staff_refused += not self.read_log(Priority.STAFF)
            self._note_age()
            self.traveller.shift(STEP)

    def _slot(self, *, is_clock_up: bool, bulk: int) -> None:
        if is_clock_up:
            jobs.sync_vehicles()
        for _ in range(bulk):
            if self.read_log(Priority.BULK):
                self.bulk_sent_at.append(time.time())

    def read_log(self, rank: Priority) -> bool:
        try:
            with priority(rank):
                next(get_client().logs(ErrorLog, vehicle_id=self.car.pk))
        except RateLimited:
            return False
        return True

    def _note_age(self) -> None:
        if SyncRun.objects.filter(state=SyncState.COMPLETE).exists():
            oldest = Vehicle.objects.exclude(pk=self.car.pk).aggregate(oldest=Min("read_at"))["oldest"]
            self.ages.append(timezone.now() - oldest)

    @property
    def stated(self) -> timedelta:
        """What staff read, and what the table in the docs says for a fleet of so many pages."""
        return data_age().every


@pytest.fixture
def portal(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Portal]:
    settings.EV_ENERGY_RESERVED_REQUESTS = RESERVE
    owner = make_owner()
    with (
        time_machine.travel(NOW, tick=False) as traveller,
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
    ):
        api = SmallEvEnergy(page_count=request.param, owner=owner)
        token = {"access_token": "a-token", "expires_in": 36000, "token_type": "Bearer"}
        mock.add("POST", "https://api.ev.energy/o/token/", json=token)
        mock.add_callback("GET", f"{API}/vehicles", callback=api.answer_list)
        mock.add_callback("GET", re.compile(f"{API}/vehicles/.+"), callback=api.answer_other)
        forget_client()
        sync = partial(jobs.vehicles.sync_vehicles, sleep=traveller.shift)
        monkeypatch.setattr(jobs.vehicles, "sync_vehicles", sync)
        # A car that nobody lists, so that its row says nothing of the sync; its make and owner do not matter.
        car = make_vehicle(owner=owner, read_at=NOW + timedelta(days=1))
        portal = Portal(api=api, traveller=traveller, car=car)
        portal.read_log(Priority.STAFF)  # whose answer tells the limit
        yield portal
    forget_client()


def most_within(moments: list[float], length: timedelta) -> int:
    seconds = length.total_seconds()
    return max((sum(at <= other < at + seconds for other in moments) for at in moments), default=0)


def check_everybody_had_their_part(portal: Portal) -> None:
    pace = current_pace()
    assert portal.api.refused == 0
    assert portal.staff_refused == 0
    assert most_within(portal.api.lists_at, HOUR) <= pace.pages_a_slot * (HOUR // SLOT)


@pytest.mark.parametrize(("portal", "slots"), [(9, 1), (10, 2), (25, 3)], indirect=["portal"])
def test_data_is_as_old_as_stated_and_no_older(portal: Portal, slots: int) -> None:
    portal.run((2 * slots + 1) * SLOT)

    assert portal.stated == slots * SLOT
    # A whole reading lies between two reads of the same car; it is looked at every step.
    assert portal.stated - STEP <= max(portal.ages) <= portal.stated
    check_everybody_had_their_part(portal)


@pytest.mark.parametrize("portal", [25], indirect=True)
def test_other_bulk_work_has_the_rest_and_the_age_stays_as_stated(portal: Portal) -> None:
    """All places above the shares of owners and staff are wanted: by the sync, by staff's twelve calls, by others."""
    share = LIMIT - RESERVE - 8 - HOUR // STEP
    rest = share // (HOUR // SLOT) - current_pace().pages_a_slot

    portal.run(2 * HOUR, bulk_a_slot=rest)

    assert len(portal.bulk_sent_at) == rest * (2 * HOUR // SLOT)
    assert portal.stated - STEP <= max(portal.ages) <= portal.stated + STEP
    check_everybody_had_their_part(portal)


@pytest.mark.parametrize("portal", [25], indirect=True)
def test_a_clock_that_was_away_goes_on_where_it_was(portal: Portal) -> None:
    portal.run(4 * SLOT)
    portal.run(HOUR, is_clock_up=False)
    asked_before = len(portal.api.lists_at)
    portal.run(2 * SLOT)

    assert SyncRun.objects.filter(state=SyncState.COMPLETE).count() == 2
    assert len(portal.api.lists_at) - asked_before == 25 - 9
    assert max(portal.ages) <= portal.stated + HOUR + STEP
    check_everybody_had_their_part(portal)


@pytest.mark.parametrize("portal", [25], indirect=True)
def test_no_car_is_silent_because_the_sync_is_slow_or_away(portal: Portal) -> None:
    """The samples are five minutes old when the run begins, and ev.energy gets no newer ones."""
    portal.run(3 * SLOT)
    portal.traveller.shift(timedelta(hours=47))
    portal.run(STEP, is_clock_up=False)
    staleness.apply_to_all(now=timezone.now())
    after_two_days_without_a_look = Vehicle.objects.stale().count()

    portal.traveller.shift(timedelta(hours=1) - STEP)
    portal.run(SLOT)
    silent = set(Vehicle.objects.stale().values_list("pk", flat=True))

    assert after_two_days_without_a_look == 0
    assert silent == {str(car["id"]) for page in portal.api.pages[:9] for car in page}
