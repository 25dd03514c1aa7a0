"""Staff's first page: who sees which numbers, for which days, and that each leads to the list behind it."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.models import User
from onboarding_portal.insights import panels
from onboarding_portal.insights.job import count_insights, count_now
from onboarding_portal.insights.models import DailyCount, Subject
from onboarding_portal.reconnects.models import CameBack, Origin, State
from onboarding_portal.vehicles.models import Cause, StaleReason, Vehicle
from tests.factories import NOW, make_attempt, make_make, make_staff, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
VIEWS = ["vehicles.view_vehicle", "reconnects.view_reconnect", "onboarding.view_attempt"]
CELL = re.compile(r'<td class="number"><a href="([^"]+)">([^<]*)</a>')


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def staff_with(*rights: str) -> Client:
    user = make_staff()
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def reader() -> Client:
    return staff_with(*VIEWS)


def page(client: Client, days: int | None = None) -> str:
    return client.get("/admin/", {"days": days} if days else {}).content.decode()


def make_a_bit_of_all() -> None:
    """So that each number of the page is one of a list."""
    volvo, kia = make_make("Volvo"), make_make("Kia")
    for make, connected in ((volvo, 3), (kia, 1), (None, 2)):
        for _ in range(connected):
            make_vehicle(make=make)
        make_stale_vehicle(StaleReason.SILENT, make=make, stale_since=NOW - 40 * DAY)
    make_vehicle(make=kia, is_disabled=True)
    make_vehicle(make=kia, integration="UNINTEGRATED")
    make_vehicle(make=kia, removed_at=NOW)
    make_stale_vehicle(make=volvo, cause=Cause.ACCESS_REVOKED)
    make_stale_vehicle(StaleReason.MARKED_BY_STAFF, make=volvo, stale_since=NOW - 3 * DAY)
    make_emailed(vehicle=make_stale_vehicle(make=kia), origin=Origin.EMAIL)
    make_emailed(vehicle=make_stale_vehicle(make=kia), origin=Origin.EMAIL, reminders_sent=1, opened_at=NOW)
    make_reconnect(
        State.RECONNECTED, vehicle=make_vehicle(make=volvo), origin=Origin.OWNER, redirected_at=NOW
    )
    gave_up = {"came_back_at": NOW, "came_back_with": CameBack.STOPPED, "origin": Origin.OWNER}
    make_reconnect(State.REDIRECTED, vehicle=make_stale_vehicle(make=None), **gave_up)
    make_attempt(make_id=volvo.pk, started_at=NOW)
    make_attempt(make_id=kia.pk, started_at=NOW, returned_at=NOW)
    make_attempt(started_at=NOW - 50 * DAY)


def test_each_number_leads_to_a_list_of_as_many_rows(reader: Client) -> None:
    make_a_bit_of_all()
    count_insights()
    found = {
        (unescape(url), int(text)) for url, text in CELL.findall(page(reader, 90)) if text and text != "0"
    }
    wrong: dict[str, Any] = {}
    for url, number in sorted(found):
        response = reader.get(url)
        listed = response.context["cl"].result_count if response.status_code == 200 else response.status_code
        if listed != number:
            wrong[url] = (number, listed)

    assert wrong == {}
    assert len(found) > 40


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_period_is_chosen_by_a_link(reader: Client, days: int) -> None:
    make_attempt(started_at=NOW - 20 * DAY)
    count_insights()

    text = page(reader, days)

    assert f'<a href="?days={days}" aria-current="page">' in text
    assert ("Left for ev.energy" in text) == (days > 20)


@pytest.mark.parametrize("days", ["8", "0", "-7", "abc", "9" * 40, "7 OR 1", ""])
def test_no_other_period_is_taken(reader: Client, days: str) -> None:
    count_insights()

    response = reader.get("/admin/", {"days": days})

    assert response.status_code == 400
    assert "There is no such period." in response.content.decode()
    assert reader.get("/admin/insights/cars.csv", {"days": days}).status_code == 400


def test_who_may_not_see_cars_sees_no_numbers() -> None:
    make_stale_vehicle()
    count_insights()
    client = staff_with("reconnects.view_reconnect", "onboarding.view_attempt")

    text = page(client)

    assert "insights-" not in text
    assert "?days=" not in text
    for name in ("cars", "reconnects", "onboarding", "cars-by-day"):
        assert client.get(f"/admin/insights/{name}.csv").status_code == 403


@pytest.mark.parametrize(
    ("right", "there", "missing"),
    [
        ("vehicles.view_vehicle", ["cars"], ["reconnects", "onboarding"]),
        ("reconnects.view_reconnect", ["cars", "reconnects"], ["onboarding"]),
        ("onboarding.view_attempt", ["cars", "onboarding"], ["reconnects"]),
    ],
)
def test_each_part_needs_the_right_to_its_list(right: str, there: list[str], missing: list[str]) -> None:
    count_insights()
    client = staff_with("vehicles.view_vehicle", right)

    text = page(client)

    assert all(f'id="insights-{name}"' in text for name in there)
    assert not any(f'id="insights-{name}"' in text for name in missing)
    for name in there:
        assert client.get(f"/admin/insights/{name}.csv").status_code == 200
    for name in missing:
        assert client.get(f"/admin/insights/{name}.csv").status_code == 403


def test_before_anything_was_counted_the_page_says_so(reader: Client) -> None:
    assert "Nothing was counted yet." in page(reader)
    assert reader.get("/admin/insights/cars.csv").status_code == 404


def test_numbers_that_are_old_are_told_to_be(reader: Client) -> None:
    count_now(now=NOW - timedelta(minutes=14))
    assert "These numbers are old" not in page(reader)

    count_now(now=NOW - timedelta(minutes=16))
    assert "These numbers are old" in page(reader)


def test_today_stands_beside_7_and_30_days_ago_and_days_nobody_counted_are_gaps(reader: Client) -> None:
    make_stale_vehicle()
    DailyCount.objects.replace(
        day=NOW.date() - 30 * DAY,
        counts={(Subject.CARS, ""): 9, (Subject.CONNECTED, ""): 5, (Subject.STALE, ""): 4},
    )
    count_insights()

    rows = read_csv(reader, "cars")
    assert rows[0] == ["Cars", "Today", "7 days ago", "30 days ago"]
    assert rows[1:] == [["All", "1", "", "9"], ["Connected", "0", "", "5"], ["Stale", "1", "", "4"]]
    by_day = read_csv(reader, "cars-by-day", days=90)
    assert len(by_day) == 91
    assert [row for row in by_day[1:] if row[1:] != ["", ""]] == [
        [(NOW - 30 * DAY).date().isoformat(), "5", "4"],
        [NOW.date().isoformat(), "0", "1"],
    ]


def test_a_day_that_is_over_stays_as_it_was() -> None:
    make_stale_vehicle()
    count_now(now=NOW - DAY)
    Vehicle.objects.all().delete()

    count_now(now=NOW)

    assert DailyCount.objects.get(day=NOW.date() - DAY, subject=Subject.STALE).count == 1
    assert not DailyCount.objects.filter(day=NOW.date(), count__gt=0).exists()


def read_csv(client: Client, name: str, **query: Any) -> list[list[str]]:
    response = client.get(f"/admin/insights/{name}.csv", query)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_each_table_has_a_csv_and_nothing_in_it_is_a_formula(reader: Client) -> None:
    make_vehicle(make=make_make("=HYPERLINK(1)"))
    count_insights()

    names = re.findall(r"/admin/insights/([\w-]+)\.csv\?days=30", page(reader))

    assert len(set(names)) == 17
    for name in set(names):
        assert all(not cell.startswith("=") for row in read_csv(reader, name) for cell in row)
    assert read_csv(reader, "cars-by-make")[1][0] == "'=HYPERLINK(1)"
    assert reader.get("/admin/insights/cars-by-owner.csv").status_code == 404
    assert reader.get("/admin/insights/no-such.csv").status_code == 403


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(reader: Client) -> None:
    def queries() -> int:
        count_insights()
        page(reader)
        with CaptureQueriesContext(connection) as captured:
            page(reader)
        return len(captured)

    few = queries()
    for _ in range(3):
        make_a_bit_of_all()

    assert queries() == few


def test_another_rooms_panel_stands_in_its_place(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels._panels, "_panels", list(panels._panels._panels))
    count_insights()
    panels.add(
        0, "admin/insights/_table.html", lambda request: {"table": {"title": "On top", "name": "cars"}}
    )
    panels.add(5, "admin/insights/_table.html", lambda request: None)

    text = page(reader)

    assert text.index("On top") < text.index('id="insights-cars"')


def test_an_owner_does_not_get_the_tables() -> None:
    client = Client()
    client.force_login(User.objects.create_user(email="anna@example.com"))

    assert client.get("/admin/insights/cars.csv").status_code == 302
