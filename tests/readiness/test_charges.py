"""What cars charged, read for all of them: whole pages, resumed where they stopped, counted once, within its part."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from pytest_django import Settings

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.granted import lacks
from onboarding_portal.ev_energy.json_types import parse
from onboarding_portal.ev_energy.priority import Priority, current_priority
from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.readiness.background import job
from onboarding_portal.readiness.background.charges import store
from onboarding_portal.readiness.models import Readiness, Reading, Subject
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import Json, an_id, home_json, sub_session_json, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_vehicle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def car(number: int = 1, **fields: Any) -> Vehicle:
    return make_vehicle(vehicle_id=an_id("vhcl", number), **{"connected_at": NOW - 40 * DAY, **fields})


def night(number: int, *, days_ago: float = 0, **fields: Any) -> Json:
    start = NOW - timedelta(hours=8) - days_ago * DAY
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=3)).isoformat()}
    return sub_session_json(number, **{**times, **fields})


def stored(*sessions: Json) -> None:
    store([parse(SubSession, each) for each in sessions], now=NOW)


def read(*, pages: int = 100, now: datetime = NOW) -> Any:
    return job.read(Subject.CHARGED, client=get_client(), pages=pages, clock=lambda: now)


def row(number: int = 1) -> Readiness:
    return Readiness.objects.get(pk=an_id("vhcl", number))


def test_first_and_latest_smart_charge_are_kept() -> None:
    car()

    stored(
        night(1, days_ago=2), night(2, energy_delivered_watt_hours=9000), night(3, days_ago=1, mode="BOOST")
    )

    kept = row()
    assert kept.first_smart_at == NOW - timedelta(hours=5) - 2 * DAY
    assert (kept.latest_smart_at, kept.latest_smart["wh"]) == (NOW - timedelta(hours=5), 9000)
    assert kept.smart_wh == 27_000
    assert (kept.is_at_home, kept.commands_arrive, kept.is_controllable) == (True, True, True)


def test_sessions_of_unknown_cars_and_from_before_this_owner_are_left_out() -> None:
    car(1, connected_at=NOW - DAY)

    stored(night(1, vehicle=7), night(2, days_ago=3), night(4, end=None))

    assert row().first_smart_at is None


def test_page_costs_the_same_for_one_car_as_for_many(django_assert_num_queries: Any) -> None:
    for number in range(1, 30):
        car(number)

    with django_assert_num_queries(4):
        stored(*[night(number, vehicle=number) for number in range(1, 30)])


@pytest.mark.parametrize("seed", range(5))
def test_worth_equals_what_the_sessions_say(seed: int) -> None:
    chance = random.Random(seed)
    for number in range(1, 4):
        car(number)
    sessions = [
        night(
            number,
            vehicle=chance.randint(1, 3),
            days_ago=chance.randint(0, 39) + number / 1000,
            mode=chance.choice(["SMART", "SMART", "BOOST", "UNMANAGED_HOME"]),
            energy_delivered_watt_hours=chance.randint(0, 30_000),
        )
        for number in range(1, 60)
    ]
    pages = [sessions[:20], sessions[10:40], sessions[40:]]  # ten of them come twice
    for page in pages:
        stored(*page)

    for number in range(1, 4):
        mine = [each for each in sessions if each["vehicle"].endswith(an_id("vhcl", number))]
        smart = [each for each in mine if each["mode"] == "SMART" and each["energy_delivered_watt_hours"]]
        last = max(datetime.fromisoformat(each["start"]) for each in smart)
        worth = [
            each["energy_delivered_watt_hours"]
            for each in smart
            if datetime.fromisoformat(each["start"]) > last - 30 * DAY
        ]
        assert row(number).smart_wh == sum(worth)
        assert row(number).first_smart_at == min(datetime.fromisoformat(each["end"]) for each in smart)


def test_reading_goes_on_where_it_stopped_and_a_day_at_a_time(ev_energy_api: EvEnergyApi) -> None:
    car()
    Reading.objects.create(subject=Subject.CHARGED, read_until=NOW - timedelta(hours=20))
    ev_energy_api.add_pages("/charging_sub_sessions", [night(1)], [night(2, days_ago=0.5)])

    assert read(pages=1) == "part read"
    assert Reading.objects.get().cursor == an_id("csub", 1)
    assert read(pages=1) == "part read"
    done = Reading.objects.get()
    assert (done.cursor, done.part_until, done.read_until) == ("", None, NOW - timedelta(hours=1))
    assert read() == "complete"
    assert len(ev_energy_api.requests) == 2
    assert row().charging_known_since == NOW


def test_long_pause_is_caught_up_in_days(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("GET", "/charging_sub_sessions", json=[])

    assert read() == "complete"

    assert len(ev_energy_api.requests) == 30
    assert Reading.objects.get().read_until == NOW - timedelta(hours=1)


def test_refused_cursor_begins_the_stretch_anew(ev_energy_api: EvEnergyApi) -> None:
    Reading.objects.create(
        subject=Subject.CHARGED,
        read_until=NOW - timedelta(hours=20),
        part_until=NOW - timedelta(hours=1),
        cursor=an_id("csub", 9),
    )
    ev_energy_api.add_problem("GET", "/charging_sub_sessions", 400)

    assert read() is None
    assert (Reading.objects.get().cursor, Reading.objects.get().part_until) == ("", NOW - timedelta(hours=1))


@pytest.mark.parametrize("status", [429, 503])
def test_trouble_keeps_the_place(ev_energy_api: EvEnergyApi, status: int) -> None:
    ev_energy_api.add_problem("GET", "/charging_sub_sessions", status, breaks_contract=True)

    assert read() is None
    assert Reading.objects.get().pause_reason
    assert Reading.objects.take(Subject.CHARGED, lease_for=DAY, now=NOW) is not None


def test_missing_scope_costs_one_request_and_then_none(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/charging_sub_sessions", 403)

    assert (read(), read()) == (None, None)
    assert lacks("charging_session:read")
    assert len(ev_energy_api.requests) == 1


def test_only_one_process_reads(ev_energy_api: EvEnergyApi) -> None:
    assert Reading.objects.take(Subject.CHARGED, lease_for=timedelta(minutes=5), now=NOW)

    assert read() is None
    assert not ev_energy_api.requests


@pytest.mark.parametrize("subject", list(Subject))
def test_bulk_reading_has_the_rank_that_leaves_the_owners_reserve_alone(
    subject: Subject, ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = set()

    def noted(*_args: Any, **_more: Any) -> str:
        ranks.add(current_priority())
        return "complete"

    monkeypatch.setitem(job.READ, subject, noted)
    job.read(subject, client=get_client(), pages=1, clock=lambda: NOW)

    assert ranks == {Priority.BULK}


def test_bulk_reading_stops_at_the_owners_reserve(ev_energy_api: EvEnergyApi, settings: Settings) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 900
    limits = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "899"}
    following = {"Link": f'<https://api.ev.energy/v2/users?page_after={an_id("user")}>; rel="next"'}
    ev_energy_api.add("GET", "/users", json=[], headers={**limits, **following})

    assert job.read(Subject.HOMES, client=get_client(), pages=50, clock=lambda: NOW) is None

    assert len(ev_energy_api.requests) == 1
    assert "budget" in Reading.objects.get().pause_reason


def test_homes_of_all_owners_are_read_once_a_day_and_not_kept(ev_energy_api: EvEnergyApi) -> None:
    owners = [make_owner(ev_energy_user_id=an_id("user", number)) for number in (1, 2, 3)]
    cars = [make_vehicle(owner=owner) for owner in owners]
    Readiness.objects.make_missing()
    homes = [home_json(), home_json(tariff=None)]
    users = [user_json(n, default_location=home) for n, home in enumerate(homes, 1)]
    ev_energy_api.add_users(*users, user_json(3), user_json(9))

    for now in (NOW, NOW + timedelta(hours=23)):
        job.read(Subject.HOMES, client=get_client(), pages=9, clock=lambda now=now: now)

    found = {each.pk: (each.has_address, each.has_tariff) for each in Readiness.objects.all()}
    assert [found[each.pk] for each in cars] == [(True, True), (True, False), (False, False)]
    assert len(ev_energy_api.requests) == 1
    assert "Mill Lane" not in str(list(Readiness.objects.values()))


def test_new_owner_of_a_car_begins_anew() -> None:
    vehicle = car()
    stored(night(1))
    Readiness.objects.update(has_address=True)
    Vehicle.objects.filter(pk=vehicle.pk).update(owner=make_owner())

    Readiness.objects.of_former_owners().begin_anew()

    vehicle.refresh_from_db()
    kept = row()
    assert (kept.kept_for, kept.has_address, kept.smart_wh, kept.latest_smart) == (
        vehicle.owner_id,
        None,
        0,
        {},
    )


def test_unreachable_ev_energy_stops_nothing_else(ev_energy_api: EvEnergyApi) -> None:
    vehicle = car(is_smart_charging_on=False)
    for path in ("/charging_sub_sessions", "/users"):
        ev_energy_api.add_failure("GET", path, requests.ConnectTimeout())

    job.follow()

    assert Readiness.objects.get(pk=vehicle.pk).blocker == "SWITCH"


def test_company_that_wants_none_of_it_sends_nothing(settings: Settings, ev_energy_api: EvEnergyApi) -> None:
    settings.SMART_CHARGING_STEPS = ["none"]

    job.follow()

    assert not ev_energy_api.requests
