import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from requests import PreparedRequest

from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.ev_energy.errors import BadResponse, EvEnergyError, Invalid, Unauthorized
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles.make_outage import UsualDay
from onboarding_portal.vehicles.models import (
    Integration,
    MakeOutage,
    StaleReason,
    SyncRun,
    SyncState,
    Vehicle,
)
from onboarding_portal.vehicles.outages import review_outages
from onboarding_portal.vehicles.sync import SyncOutcome, SyncReport, sync_vehicles
from onboarding_portal.vehicles.sync_run import LONGEST_PAUSE, LONGEST_RUN
from tests.ev_energy_answers import Json, make_json, model_json, trim_json
from tests.ev_energy_api import HEADERS, EvEnergyApi
from tests.factories import NOW, make_id, make_make, make_owner, make_vehicle
from tests.vehicles.resources import vehicle_answer

pytestmark = pytest.mark.django_db


LIST = "https://api.ev.energy/v2/vehicles"


def sync(now: datetime = NOW) -> SyncReport:
    return sync_vehicles(client=get_client(), clock=lambda: now)


def pages_of(count: int, size: int, **fields: object) -> list[list[Json]]:
    owner = make_owner()
    vehicles = [vehicle_answer(owner=owner, **fields) for _ in range(count)]
    return [vehicles[start : start + size] for start in range(0, count, size)]


def cursor_after(page: list[Json]) -> str:
    return str(page[-1]["id"])


def test_all_pages_are_stored_and_counted(ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner()
    ours = [vehicle_answer(owner=owner) for _ in range(3)]
    strangers = [vehicle_answer() for _ in range(2)]
    ev_energy_api.add_vehicles(ours[:2], [ours[2], *strangers])

    report = sync()

    assert report.outcome is SyncOutcome.COMPLETE
    assert report.run is not None
    assert report.run.state == SyncState.COMPLETE
    assert (report.run.page_count, report.run.vehicle_count, report.run.created_count) == (2, 5, 3)
    assert report.run.unknown_owner_count == 2
    assert set(Vehicle.objects.values_list("pk", flat=True)) == {vehicle["id"] for vehicle in ours}


def test_the_run_asks_for_full_pages_with_what_it_reads_and_nothing_of_the_owner(
    ev_energy_api: EvEnergyApi,
) -> None:
    ev_energy_api.add_vehicles([])

    sync()

    [request] = ev_energy_api.requests
    for part in ("page_size=100", "expand=latest_status_log", "expand=trim.model.make"):
        assert part in str(request.url)
    assert "user" not in str(request.url)


def test_staleness_is_applied_after_reading(ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner()
    lost = vehicle_answer(owner=owner, integrated="INACTIVE")
    silent = vehicle_answer(owner=owner, sampled_at=NOW - timedelta(days=3))
    ev_energy_api.add_vehicles([lost, silent, vehicle_answer(owner=owner)])

    report = sync()

    assert report.applied is not None
    assert (report.applied.connection_lost, report.applied.silent) == (1, 1)
    assert Vehicle.objects.get(pk=lost["id"]).stale_reason == StaleReason.CONNECTION_LOST
    assert Vehicle.objects.get(pk=silent["id"]).stale_reason == StaleReason.SILENT


def test_what_a_complete_run_has_not_seen_is_removed(ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner()
    kept = make_vehicle(owner=owner, read_at=NOW - timedelta(hours=1))
    gone = make_vehicle(owner=owner, read_at=NOW - timedelta(hours=1), integration=Integration.INACTIVE)
    ev_energy_api.add_vehicles([vehicle_answer(owner=owner, id=kept.pk)])

    report = sync()

    assert report.run is not None
    assert report.run.removed_count == 1
    assert set(Vehicle.objects.present()) == {kept}
    gone.refresh_from_db()
    assert (gone.removed_at, gone.stale_since) == (NOW, None)


def test_a_list_that_lost_most_vehicles_is_believed_once_the_next_run_says_so_too(
    ev_energy_api: EvEnergyApi,
) -> None:
    owner = make_owner()
    listed, *missing = [make_vehicle(owner=owner, read_at=NOW - timedelta(hours=1)) for _ in range(102)]
    ev_energy_api.add_vehicles([vehicle_answer(owner=owner, id=listed.pk)])

    first = sync(now=NOW)
    present_between = Vehicle.objects.present().count()
    second = sync(now=NOW + timedelta(minutes=15))

    assert first.run is not None
    assert second.run is not None
    assert (first.run.state, first.run.removed_count, present_between) == (SyncState.COMPLETE, 0, 102)
    assert second.run.removed_count == len(missing)
    assert set(Vehicle.objects.present()) == {listed}


def test_a_removed_vehicle_that_is_listed_again_is_back(ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner()
    vehicle = make_vehicle(owner=owner, removed_at=NOW - timedelta(days=1), read_at=NOW - timedelta(days=1))
    ev_energy_api.add_vehicles([vehicle_answer(owner=owner, id=vehicle.pk)])

    sync()

    assert set(Vehicle.objects.present()) == {vehicle}


def test_a_vehicle_connected_while_the_run_was_under_way_is_not_removed(ev_energy_api: EvEnergyApi) -> None:
    connected_meanwhile = make_vehicle(connected_at=NOW, read_at=NOW)
    ev_energy_api.add_vehicles([])

    sync(now=NOW)

    connected_meanwhile.refresh_from_db()
    assert connected_meanwhile.removed_at is None


def test_without_verification_nothing_is_removed(ev_energy_api: EvEnergyApi, settings: Settings) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = False
    make_vehicle(read_at=NOW - timedelta(hours=1))
    ev_energy_api.add_vehicles([])

    sync()

    assert Vehicle.objects.present().count() == 1


def add_limited_list(api: EvEnergyApi, pages: list[list[Json]], *, until_page: int) -> None:
    """All pages answer; the answer to the last one before `until_page` says that the reserve is reached."""
    for number, page in enumerate(pages):
        after = {"page_after": cursor_after(pages[number - 1])} if number else None
        link = f"<{LIST}?page_after={cursor_after(page)}>" if number < len(pages) - 1 else "<about:blank>"
        headers = {"Link": f'{link}; rel="next"'}
        if number == until_page - 1:
            headers["X-RateLimit-Remaining"] = "150"
        api.add("GET", "/vehicles", json=page, query=after, headers=headers)


def the_window_has_rolled_on() -> None:
    cache.clear()


def asked_cursors(api: EvEnergyApi) -> list[str | None]:
    queries = [parse_qs(urlsplit(str(request.url)).query) for request in api.requests]
    return [query["page_after"][0] if "page_after" in query else None for query in queries]


def test_a_run_that_reaches_the_reserve_pauses_and_the_next_one_goes_on(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(6, 2)
    gone = make_vehicle(read_at=NOW - timedelta(hours=1))
    add_limited_list(ev_energy_api, pages, until_page=2)

    paused = sync()
    assert paused.outcome is SyncOutcome.PAUSED
    assert Vehicle.objects.present().count() == 5, "a run that is not complete removes nothing"
    the_window_has_rolled_on()
    finished = sync(now=NOW + timedelta(minutes=15))

    assert finished.outcome is SyncOutcome.COMPLETE
    assert asked_cursors(ev_energy_api) == [None, cursor_after(pages[0]), cursor_after(pages[1])]
    run = SyncRun.objects.get()
    assert (run.started_at, run.page_count, run.vehicle_count) == (NOW, 3, 6)
    gone.refresh_from_db()
    assert gone.removed_at is not None
    assert Vehicle.objects.present().count() == 6


def test_a_killed_run_is_taken_over_once_its_lease_is_over(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(4, 2)
    killed_at_page_one(ev_energy_api, pages)

    too_early = sync(now=NOW + SYNC_LEASE - timedelta(seconds=1))
    taken_over = sync(now=NOW + SYNC_LEASE + timedelta(seconds=1))

    assert too_early.outcome is SyncOutcome.ALREADY_RUNNING
    assert taken_over.outcome is SyncOutcome.COMPLETE
    assert asked_cursors(ev_energy_api) == [None, cursor_after(pages[0])]
    assert Vehicle.objects.present().count() == 4


def test_with_patience_a_killed_run_is_taken_over_by_the_very_next(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(4, 2)
    killed_at_page_one(ev_energy_api, pages)
    clock = Clock(NOW + timedelta(seconds=2))

    report = sync_vehicles(client=get_client(), patience=SYNC_LEASE, clock=clock, sleep=clock.sleep)

    assert report.outcome is SyncOutcome.COMPLETE
    assert clock.now - NOW < SYNC_LEASE + timedelta(seconds=3)


def killed_at_page_one(api: EvEnergyApi, pages: list[list[Json]]) -> None:
    """A run that has stored its first page and whose process then died: nobody gave its lease back."""
    add_limited_list(api, pages, until_page=1)
    assert sync().outcome is SyncOutcome.PAUSED
    SyncRun.objects.update(lease_expires_at=NOW + SYNC_LEASE)
    the_window_has_rolled_on()


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.on_sleep: Callable[[], object] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.on_sleep()


def test_a_run_that_goes_on_elsewhere_is_left_alone(ev_energy_api: EvEnergyApi) -> None:
    other = SyncRun.objects.take(lease_for=SYNC_LEASE, now=NOW)
    assert other is not None
    clock = Clock(NOW)
    clock.on_sleep = lambda: other.progress(
        cursor="x", counts={"page_count": 1}, unreadable=(), lease_for=SYNC_LEASE, now=clock.now
    )

    report = sync_vehicles(client=get_client(), patience=SYNC_LEASE, clock=clock, sleep=clock.sleep)

    assert report.outcome is SyncOutcome.ALREADY_RUNNING
    assert clock.now - NOW <= timedelta(seconds=2)
    assert not ev_energy_api.requests


def test_a_process_that_lost_its_lease_writes_nothing_more(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(2, 2)

    def taken_over(_request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        SyncRun.objects.update(lease_id=uuid.uuid4())
        return 200, HEADERS, json.dumps(pages[0])

    ev_energy_api.mock.add_callback("GET", LIST, callback=taken_over, content_type="application/json")

    report = sync()

    assert report.outcome is SyncOutcome.ALREADY_RUNNING
    assert not Vehicle.objects.exists()
    assert SyncRun.objects.get().state == SyncState.RUNNING


def test_a_refused_cursor_begins_the_run_again(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(2, 2)
    make_run(cursor=make_id("vhcl"))
    ev_energy_api.add_problem("GET", "/vehicles", 400, query={"page_after": SyncRun.objects.get().cursor})
    ev_energy_api.add_vehicles(*pages)

    report = sync()

    assert report.outcome is SyncOutcome.COMPLETE
    assert list(SyncRun.objects.order_by("pk").values_list("state", flat=True)) == [
        SyncState.ABANDONED,
        SyncState.COMPLETE,
    ]


def test_a_request_refused_from_the_start_is_an_error(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/vehicles", 400)

    with pytest.raises(Invalid):
        sync()

    assert len(ev_energy_api.requests) == 1


@pytest.mark.parametrize(
    "times",
    [{}, {"started_at": NOW - LONGEST_RUN, "progressed_at": NOW + LONGEST_PAUSE}],
    ids=["idle", "endless"],
)
def test_a_run_without_progress_for_hours_or_without_end_begins_again(
    ev_energy_api: EvEnergyApi, times: dict[str, datetime]
) -> None:
    make_run(cursor=make_id("vhcl"), **times)
    ev_energy_api.add_vehicles([])

    report = sync(now=NOW + LONGEST_PAUSE)

    assert report.outcome is SyncOutcome.COMPLETE
    assert asked_cursors(ev_energy_api) == [None]


def make_run(**fields: object) -> SyncRun:
    before = NOW - timedelta(hours=1)
    values = {"started_at": before, "progressed_at": before, "lease_expires_at": before, **fields}
    return SyncRun.objects.create(lease_id=uuid.uuid4(), **values)


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, EvEnergyError)])
def test_refused_credentials_are_an_error_and_nothing_is_removed(
    ev_energy_api: EvEnergyApi, status: int, error: type[EvEnergyError]
) -> None:
    make_vehicle(read_at=NOW - timedelta(hours=1))
    ev_energy_api.add_problem("GET", "/vehicles", status)

    with pytest.raises(error):
        sync()

    assert Vehicle.objects.present().count() == 1


def test_a_broken_answer_is_an_error_and_keeps_what_was_stored(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(2, 1)
    headers = {"Link": f'<{LIST}?page_after={cursor_after(pages[0])}>; rel="next"'}
    ev_energy_api.add("GET", "/vehicles", json=pages[0], headers=headers)
    following = {"page_after": cursor_after(pages[0])}
    ev_energy_api.add("GET", "/vehicles", body="<html>", query=following, breaks_contract=True)

    with pytest.raises(BadResponse):
        sync()

    assert Vehicle.objects.count() == 1
    assert SyncRun.objects.get().cursor == cursor_after(pages[0])


def test_the_queries_of_a_run_grow_with_its_pages_only(ev_energy_api: EvEnergyApi) -> None:
    pages = pages_of(9, 3)

    def queries_of(*shown: list[Json]) -> int:
        ev_energy_api.mock.reset()
        ev_energy_api.add_token()
        ev_energy_api.add_vehicles(*shown)
        the_window_has_rolled_on()
        with CaptureQueriesContext(connection) as queries:
            sync()
        # The budget's bookkeeping, in the cache, is left out: it takes several requests at a time.
        own = [query for query in queries if not re.search("portal_cache|SAVEPOINT", query["sql"])]
        return len(own)

    queries_of(*pages)  # so that all rows exist

    one, two, three = queries_of(*pages[:1]), queries_of(*pages[:2]), queries_of(*pages)
    assert three - two == two - one


def test_ten_thousand_vehicles_take_a_hundred_requests() -> None:
    owner = make_owner()
    placeholder = "vhcl" + "X" * 26
    template = json.dumps(vehicle_answer(owner=owner, id=placeholder, trim=None))

    def page(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        after = parse_qs(urlsplit(str(request.url)).query).get("page_after", ["vhcl" + "0" * 26])[0]
        first = int(after[4:]) + 1
        ids = [f"vhcl{number:026d}" for number in range(first, first + 100)]
        following = f"{LIST}?page_after={ids[-1]}" if first + 99 < 10_000 else "about:blank"
        body = ",".join(template.replace(placeholder, vehicle_id) for vehicle_id in ids)
        return 200, {**HEADERS, "Link": f'<{following}>; rel="next"'}, f"[{body}]"

    # Without the check against the contract: ten thousand alike would take it a minute.
    forget_client()
    with responses.RequestsMock() as mock:
        token = {"access_token": "a-token", "expires_in": 36000, "token_type": "Bearer"}
        mock.add("POST", "https://api.ev.energy/o/token/", json=token)
        mock.add_callback("GET", LIST, callback=page, content_type="application/json")
        report = sync()
        requests_for_lists = [call for call in mock.calls if str(call.request.url).startswith(LIST)]
    forget_client()

    assert report.run is not None
    assert len(requests_for_lists) == 100
    assert (report.run.page_count, report.run.vehicle_count) == (100, 10_000)
    assert Vehicle.objects.count() == 10_000


def test_the_command_tells_what_it_did(
    ev_energy_api: EvEnergyApi, capsys: pytest.CaptureFixture[str]
) -> None:
    ev_energy_api.add_vehicles([vehicle_answer(owner=make_owner()), vehicle_answer()])

    call_command("sync_vehicles")

    printed = capsys.readouterr().out
    assert "Sync complete." in printed
    assert "2 vehicles on 1 pages: 1 new" in printed
    assert "1 of owners not known here" in printed


def test_the_command_fails_where_somebody_must_act(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/vehicles", 403)

    with pytest.raises(CommandError, match="could not be read"):
        call_command("sync_vehicles")


def test_a_make_whose_cars_break_at_once_is_marked_by_the_sync_that_sees_it(
    ev_energy_api: EvEnergyApi,
) -> None:
    owner, make = make_owner(), make_make()
    cars = [make_vehicle(owner=owner, make=make) for _ in range(6)]
    trim = trim_json(model=model_json(make=make_json(id=make.pk)))
    answers = [vehicle_answer(id=car.pk, owner=owner, integrated="INACTIVE", trim=trim) for car in cars]
    ev_energy_api.add_vehicles(answers)

    sync()

    outage = MakeOutage.objects.get()
    assert (outage.make, outage.broken_count, outage.car_count, outage.lifted_at) == (make, 6, 6, None)
    assert UsualDay.objects.get().is_unusual


@pytest.mark.parametrize("makes", [1, 30])
def test_the_look_for_outages_takes_a_fixed_number_of_queries(makes: int) -> None:
    for _ in range(makes):
        make_vehicle(make=make_make())

    with CaptureQueriesContext(connection) as queries:
        review_outages(now=NOW)

    # Lifts of late and counts, by make and by middleman; what is usual, marks, marks of the day, the day's rows in a
    # transaction.
    assert len(queries) <= 10
