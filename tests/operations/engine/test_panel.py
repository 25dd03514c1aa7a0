"""What staff see of the engine: what is wrong, at once, and how things stand; each line leads to its list."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import responses
import time_machine
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.operations.clock.schedule import WATCH
from onboarding_portal.operations.engine.conditions import BY_NAME
from onboarding_portal.operations.engine.watch import look, look_if_due
from onboarding_portal.operations.metrics.processes import Kind
from onboarding_portal.operations.models import Alarm, Process, RegularJob, Sample
from onboarding_portal.reconnects.models import Batch, BatchKind, Failure, State
from onboarding_portal.vehicles.models import SyncState
from onboarding_portal.vehicles.sync import sync_vehicles
from onboarding_portal.vehicles.tasks import refresh_due_vehicles
from tests.factories import NOW, make_staff
from tests.operations.engine.world import ALL_KINDS, WAYS, Way, begin_run, count, give_signs_of_life
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def desk_of(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend=BACKEND)
    return client


@pytest.fixture
def lead(clock: Any) -> Client:
    staff = make_staff()
    staff.groups.add(Group.objects.get(ready_made__key="lead"))
    return desk_of(staff)


def page(desk: Client) -> str:
    """The panel, which asks nothing of ev.energy."""
    with responses.RequestsMock():
        response = desk.get("/admin/engine/")
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_an_engine_that_is_well_says_so(lead: Client) -> None:
    give_signs_of_life(*ALL_KINDS)

    shown = page(lead)

    assert "Nothing is wrong with the engine" in shown


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.name} {way.about}".strip())
def test_what_is_wrong_is_shown_within_two_minutes_with_what_to_do(
    way: Way, lead: Client, clock: Any, settings: Settings
) -> None:
    give_signs_of_life(*ALL_KINDS)
    look()
    assert "Nothing is wrong with the engine" in page(lead)

    for _ in range(3):
        clock.shift(timedelta(seconds=40))
        give_signs_of_life(*way.alive)
        way.begin(settings)
    shown = page(lead)

    condition = BY_NAME[way.name]
    assert condition.in_words(way.about) in shown
    assert str(condition.do) in shown
    assert condition.runbook in shown


def test_first_page_has_what_is_wrong_on_top_and_reads_it_once(lead: Client, clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    clock.shift(timedelta(minutes=2))
    give_signs_of_life(Kind.WEB, Kind.CLOCK)

    with CaptureQueriesContext(connection) as queries:
        shown = unescape(lead.get("/admin/").content.decode())

    places = [shown.index(part) for part in ("1 thing is wrong", "How the engine is", "Vehicles</a>")]
    assert places == sorted(places)
    assert sum('FROM "operations_process"' in query["sql"] for query in queries) == 1


def test_first_page_says_nothing_of_the_engine_to_who_may_not_see_it(clock: Any) -> None:
    shown = desk_of(make_staff()).get("/admin/").content.decode()

    assert "The engine" not in shown
    assert "How the engine is" not in shown


def test_since_when_is_that_of_the_alarm(lead: Client, clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    look()
    clock.shift(timedelta(minutes=2))
    give_signs_of_life(Kind.WEB, Kind.CLOCK)
    assert "Since: just now" in page(lead)
    look()
    clock.shift(timedelta(minutes=30))
    give_signs_of_life(Kind.WEB, Kind.CLOCK)

    assert "Since: 14 March 2026, 09:32" in page(lead)


def test_each_line_leads_to_a_list_that_opens(lead: Client) -> None:
    give_signs_of_life(*ALL_KINDS)
    begin_run(progressed_at=timezone.now(), state=SyncState.COMPLETE, finished_at=timezone.now())
    response = lead.get("/admin/engine/")

    lines = response.context["engine"].lines
    assert len(lines) >= 10
    for line, url in lines:
        assert url, line.label
        assert lead.get(url).status_code == 200


def test_who_may_not_open_a_list_reads_the_line_all_the_same(clock: Any) -> None:
    staff = make_staff()
    staff.user_permissions.set(Permission.objects.filter(codename="view_alarm"))
    give_signs_of_life(*ALL_KINDS)
    response = desk_of(staff).get("/admin/engine/")

    assert response.status_code == 200
    assert not any(url for _line, url in response.context["engine"].lines)


def queries_of(desk: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        page(desk)
    return len(queries)


def test_its_queries_are_as_many_however_much_there_is(lead: Client, clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    begin_run(progressed_at=timezone.now())
    few = queries_of(lead)
    now = timezone.now()
    for number in range(20):
        Process.objects.create(pk=str(number), kind=Kind.WORKER, started_at=now, seen_at=now)
        Sample.objects.create(at=now - timedelta(minutes=number), sums={"mails": number})
        Alarm.objects.create(name="PortalQueueLate", about=str(number), began_at=now, seen_at=now)
        task = refresh_due_vehicles.enqueue()
        if number % 2:
            DBTaskResult.objects.filter(pk=task.id).update(status=TaskResultStatus.RUNNING, started_at=now)

    assert queries_of(lead) == few


def test_budget_is_shown_by_whom_it_was_spent(lead: Client, clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    count("portal_ev_energy_spent_total", 100, by="sync")
    look()
    clock.shift(timedelta(minutes=30))
    for number, by in enumerate(("owners", "staff", "sync", "background"), start=1):
        count("portal_ev_energy_spent_total", number, by=by)

    assert "owners 1, staff 2, reading all cars 3, other background work 4" in page(lead)


@pytest.mark.parametrize("path", ["/admin/engine/", "/admin/vehicles/syncrun/"])
def test_a_reading_that_gets_503_for_hours_says_so_and_why(
    path: str, lead: Client, clock: Any, ev_energy_api: Any
) -> None:
    give_signs_of_life(*ALL_KINDS)
    for _ in range(8):
        for _try in range(3):
            ev_energy_api.add_problem("GET", "/vehicles", 503)
        sync_vehicles(client=get_client(), clock=timezone.now, sleep=lambda _seconds: None)
        clock.shift(timedelta(minutes=15))
    clock.shift(timedelta(minutes=3))
    give_signs_of_life(*ALL_KINDS)

    shown = unescape(lead.get(path).content.decode())

    assert "Stands still since 14 March 2026, 09:30: ev.energy answered vehicles with 503" in shown


@pytest.mark.parametrize(
    "path", ["/admin/engine/", "/admin/vehicles/syncrun/", "/admin/vehicles/syncrun/{}/change/"]
)
def test_a_reading_whose_clock_is_gone_says_so(path: str, lead: Client, clock: Any) -> None:
    run = begin_run(progressed_at=timezone.now())
    give_signs_of_life(*ALL_KINDS)
    clock.shift(timedelta(minutes=20))
    give_signs_of_life(Kind.WEB, Kind.WORKER)

    shown = unescape(lead.get(path.format(run.pk)).content.decode())

    assert "Stands still since" in shown
    assert "No clock gives a sign of life." in shown


def test_a_task_whose_worker_is_gone_is_not_under_way(lead: Client, clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    for worker in ("worker", "gone"):
        task = refresh_due_vehicles.enqueue()
        DBTaskResult.objects.filter(pk=task.id).update(
            status=TaskResultStatus.RUNNING, started_at=timezone.now(), worker_ids=[worker]
        )
    clock.shift(timedelta(minutes=2))
    give_signs_of_life(*ALL_KINDS)

    assert "1 under way. 1 was cut off with its worker" in page(lead)
    rows = unescape(lead.get("/admin/django_tasks_database/dbtaskresult/").content.decode())
    assert rows.count("Cut off: its worker is gone") == 1


def test_a_batch_under_way_says_why_nothing_is_done(lead: Client, clock: Any) -> None:
    batch = Batch.objects.create(kind=BatchKind.LINKS)
    for _ in range(2):
        make_reconnect(State.QUEUED, batch=batch, failure=Failure.UNAVAILABLE)
    pages = ["/admin/reconnects/batch/", f"/admin/reconnects/batch/{batch.pk}/change/"]
    give_signs_of_life(*ALL_KINDS)
    shown = unescape(lead.get(pages[1]).content.decode())
    assert (
        "2 could not be done yet and are tried again by themselves: ev.energy could not be reached." in shown
    )
    clock.shift(timedelta(minutes=2))
    give_signs_of_life(Kind.WEB, Kind.CLOCK)

    for path in pages:
        assert "No worker gives a sign of life" in unescape(lead.get(path).content.decode())


@pytest.mark.django_db(transaction=True)
def test_a_dead_clock_is_told_of_by_whoever_is_alive(clock: Any) -> None:
    give_signs_of_life(*ALL_KINDS)
    look_if_due()
    assert not look_if_due()  # nobody looks twice
    clock.shift(timedelta(seconds=100))
    give_signs_of_life(Kind.WEB, Kind.WORKER)

    assert look_if_due()

    assert Alarm.objects.open().get().about == "clock"
    assert RegularJob.objects.get(name=WATCH.name).done_at == timezone.now()


def test_without_a_database_nobody_stumbles(unreachable_database: None) -> None:
    assert not look_if_due()
