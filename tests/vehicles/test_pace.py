"""The pace of the sync: the arithmetic of docs/scale.md, and slots that read no more than their part."""

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.ev_energy.budget import STAFF_SHARE
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.lengths import exact
from onboarding_portal.operations.clock import jobs
from onboarding_portal.vehicles.models import SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.pace import AWAITED_PART, SLICE_TIME, SLOT, SYNC_PART, pace_of, pages_of
from onboarding_portal.vehicles.sync import Portion, SyncOutcome, sync_vehicles
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner
from tests.vehicles.resources import vehicle_answer

HOUR = timedelta(hours=1)
DOCS = (Path(__file__).parents[2] / "docs/scale.md").read_text()
FLEETS, LIMITS = (1_000, 20_000, 50_000, 200_000, 1_000_000), (1_000, 10_000)


def table_of_docs() -> dict[tuple[int, int], list[str]]:
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| (.+) \|$", DOCS, re.MULTILINE)
    return {(whole(fleet), whole(limit)): rest.split(" | ") for fleet, limit, rest in rows}


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def about(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("fleet", FLEETS)
def test_the_table_of_the_docs_is_what_the_code_does(fleet: int, limit: int) -> None:
    above = limit - portal_settings.EV_ENERGY_RESERVED_REQUESTS
    share = above - math.floor(above * STAFF_SHARE)
    pace, pages = pace_of(background_requests=share, window=HOUR), pages_of(vehicles=fleet)
    every = pace.reading_takes(pages=pages)
    an_hour = pages * (HOUR / every)

    said = table_of_docs()[fleet, limit]

    figures = [about(share), about(pages), about(24 * share / pages), exact(every), about(an_hour)]
    assert said == [*figures, about(share - an_hour)]


@pytest.mark.parametrize("window", [timedelta(minutes=5), HOUR, timedelta(hours=6)])
@pytest.mark.parametrize("share", [1, 7, 80, 800, 9_800])
def test_no_pace_takes_more_than_its_parts(share: int, window: timedelta) -> None:
    pace = pace_of(background_requests=share, window=window)

    a_slot = share * (SLOT / window)
    assert 1 <= pace.pages_a_slot <= max(1.0, a_slot * SYNC_PART)
    assert 1 <= pace.awaited_a_slot <= max(1.0, a_slot * AWAITED_PART)
    assert SYNC_PART + AWAITED_PART < 1


def test_a_reserve_as_large_as_the_limit_stops_no_arithmetic() -> None:
    pace = pace_of(background_requests=0, window=HOUR)

    assert pace.reading_takes(pages=10) == 10 * SLOT


def test_a_larger_fleet_is_read_less_often_and_a_larger_limit_reads_it_more_often() -> None:
    small, large = (pace_of(background_requests=share, window=HOUR) for share in (800, 9_800))
    readings = [small.reading_takes(pages=pages_of(vehicles=fleet)) for fleet in FLEETS]

    assert readings == sorted(readings)
    assert readings[0] == SLOT
    assert all(
        large.reading_takes(pages=pages) <= small.reading_takes(pages=pages) for pages in (1, 99, 9_999)
    )


def test_a_slice_ends_before_the_next_slot_begins() -> None:
    assert SLICE_TIME < SLOT


def pages_of_one(count: int) -> list[list[dict[str, object]]]:
    owner = make_owner()
    return [[vehicle_answer(owner=owner)] for _ in range(count)]


def slot(pages: int, *, number: int, time: timedelta = SLICE_TIME) -> SyncOutcome:
    now = NOW + number * SLOT
    return sync_vehicles(
        client=get_client(), portion=Portion(pages=pages, time=time), clock=lambda: now
    ).outcome


@pytest.mark.django_db
def test_a_reading_goes_on_over_slots_and_asks_for_each_page_once(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicles(*pages_of_one(5))

    outcomes = [slot(2, number=number) for number in range(3)]

    assert outcomes == [SyncOutcome.PART_READ, SyncOutcome.PART_READ, SyncOutcome.COMPLETE]
    assert len(ev_energy_api.requests) == 5
    assert Vehicle.objects.count() == 5
    run = SyncRun.objects.get()
    assert (run.started_at, run.finished_at) == (NOW, NOW + 2 * SLOT)


@pytest.mark.django_db
@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_portion_that_ends_with_the_last_page_is_a_whole_reading(
    pages: int, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_vehicles(*pages_of_one(pages))

    assert slot(pages, number=0) is SyncOutcome.COMPLETE


@pytest.mark.django_db
def test_a_slice_that_takes_too_long_leaves_the_rest_to_the_next(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_vehicles(*pages_of_one(3))

    assert slot(100, number=0, time=timedelta(0)) is SyncOutcome.PART_READ
    assert len(ev_energy_api.requests) == 1


@pytest.mark.django_db
def test_the_clock_reads_as_much_as_the_limit_of_ev_energy_gives_it(
    ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ev_energy_api.add_vehicles(*pages_of_one(4))
    portions = told_portions(monkeypatch)

    jobs.sync_vehicles()

    assert portions == [Portion(pages=90, time=SLICE_TIME)]
    assert SyncRun.objects.get().state == SyncState.COMPLETE


def told_portions(monkeypatch: pytest.MonkeyPatch) -> Sequence[Portion | None]:
    told: list[Portion | None] = []

    def sync(*, portion: Portion | None, **rest: object) -> object:
        told.append(portion)
        return sync_vehicles(portion=portion, **rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(jobs.vehicles, "sync_vehicles", sync)
    return told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("window_seconds", "time", "outcome"),
    [
        (10, SLICE_TIME, SyncOutcome.COMPLETE),
        (3600, SLICE_TIME, SyncOutcome.PAUSED),
        (10, timedelta(seconds=2), SyncOutcome.PAUSED),
        (10, None, SyncOutcome.PAUSED),
    ],
    ids=["soon", "in an hour", "after the slice", "without a slot"],
)
def test_a_slot_waits_for_places_that_come_free_soon(
    window_seconds: int,
    time: timedelta | None,
    outcome: SyncOutcome,
    ev_energy_api: EvEnergyApi,
    settings: Settings,
) -> None:
    settings.EV_ENERGY_RATE_WINDOW_SECONDS = window_seconds
    [first], [second] = pages_of_one(2)
    following = {"Link": f'<https://api.ev.energy/v2/vehicles?page_after={first["id"]}>; rel="next"'}
    none_left = {**following, "X-RateLimit-Remaining": "150"}
    ev_energy_api.add("GET", "/vehicles", json=[first], headers=none_left)
    ev_energy_api.add("GET", "/vehicles", json=[second], query={"page_after": first["id"]})

    with time_machine.travel(NOW, tick=False) as traveller:
        portion = Portion(pages=5, time=time) if time else None
        report = sync_vehicles(client=get_client(), portion=portion, sleep=traveller.shift)

        assert report.outcome is outcome
        assert (timezone.now() > NOW) is (outcome is SyncOutcome.COMPLETE)
