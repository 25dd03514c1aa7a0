"""Every list of the admin as CSV: its rows, its columns, safe in a spreadsheet, flat in memory."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.accounts.staff import list_csv
from onboarding_portal.accounts.staff.csv_cells import BOM, csv_lines, without_guard
from onboarding_portal.staff_groups import StaffGroup
from tests.factories import make_make, make_owner, make_staff, make_vehicle
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db
VEHICLES = "/admin/vehicles/vehicle/"
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True, email="lead@example.com"))
    return client


def rows_of(answer: Any, *, delimiter: str = ",") -> list[list[str]]:
    assert isinstance(answer, StreamingHttpResponse)
    text = answer.getvalue().decode()
    assert text.startswith(BOM)
    return list(csv.reader(StringIO(text.removeprefix(BOM)), delimiter=delimiter))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_has_one_with_the_columns_it_shows(lead: Client, model: type[Model]) -> None:
    make_reconnect()
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    page = lead.get(base)

    (head, *rows) = rows_of(lead.get(f"{base}csv/"))

    shown = [name for name in page.context["cl"].list_display if name != "action_checkbox"]
    assert len(head) == len(shown)
    is_its_own_entry = model is AuditEntry
    assert len(rows) == page.context["cl"].result_count + is_its_own_entry
    assert f'href="{base}csv/"' in page.content.decode()


def test_filters_and_search_are_those_of_the_list(lead: Client) -> None:
    volvo, kia = make_make("Volvo"), make_make("Kia")
    wanted = make_broken_car(owner=make_owner(email="vera@example.com"), model=None, make=volvo)
    make_vehicle(make=kia)
    query = "?stale=yes&q=vera%40example.com&p=1"

    rows = rows_of(lead.get(f"{VEHICLES}csv/{query}"))

    assert [wanted.pk in " ".join(row) for row in rows[1:]] == [True]
    assert 'csv/?stale=yes&amp;q=vera%40example.com"' in lead.get(f"{VEHICLES}{query}").content.decode()


def test_all_rows_come_once_and_in_order_however_many_pieces_they_take(
    lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_csv, "PIECE", 3)
    made = [make_reconnect() for _ in range(7)]

    rows = rows_of(lead.get("/admin/reconnects/reconnect/csv/"))

    assert [row[5] for row in rows[1:]] == [each.vehicle_id for each in reversed(made)]


@pytest.mark.parametrize("base", [VEHICLES, "/admin/reconnects/reconnect/", "/admin/accounts/user/"])
def test_number_of_queries_is_the_same_for_many_rows(lead: Client, base: str) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_reconnect()
        with CaptureQueriesContext(connection) as queries:
            rows_of(lead.get(f"{base}csv/"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_what_a_list_cannot_read_leads_to_the_list_which_says_so(lead: Client) -> None:
    answer = lead.get(f"{VEHICLES}csv/?stale=nonsense", follow=True)

    assert answer.redirect_chain == [(f"{VEHICLES}?e=1", 302)]
    assert "could not be read" in answer.content.decode()


def test_it_is_in_the_audit_log_without_what_was_searched_for(lead: Client) -> None:
    make_broken_car(owner=make_owner(email="vera@example.com"))
    lead.get(f"{VEHICLES}csv/?q=vera%40example.com")
    lead.head(f"{VEHICLES}csv/")

    (entry,) = AuditEntry.objects.filter(act=Act.LIST_DOWNLOADED)
    assert (entry.actor_name, entry.count, entry.detail) == ("lead@example.com", 1, "vehicles: q")


def test_times_are_iso_in_the_zone_of_the_reader(lead: Client) -> None:
    lead.cookies["time_zone"] = "Europe/Berlin"
    with time_machine.travel(datetime(2026, 3, 14, 9, 30, tzinfo=UTC), tick=False):
        lead.force_login(make_staff(is_superuser=True, email="again@example.com"))
        make_reconnect(created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
        answer = lead.get("/admin/reconnects/reconnect/csv/")
        rows = rows_of(answer)

    assert rows[1][0] == "2026-07-02T00:30:00+02:00"
    assert answer["Content-Disposition"] == 'attachment; filename="reconnects-2026-03-14.csv"'


@pytest.mark.parametrize(
    ("languages", "delimiter"),
    [("de-DE,de;q=0.9", ";"), ("en-GB", ","), ("", ","), ("x" * 90, ","), ("*", ",")],
)
def test_cells_are_parted_as_the_readers_excel_does(lead: Client, languages: str, delimiter: str) -> None:
    answer = lead.get(f"{VEHICLES}csv/", headers={"Accept-Language": languages})

    assert len(rows_of(answer, delimiter=delimiter)[0]) > 5


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "\u00a0+"])  # noqa: RUF001  a sign that looks like another
def test_no_cell_is_a_formula_and_ours_are_read_back_as_they_were(begin: str) -> None:
    cell = f"{begin}1+1"

    (found,) = next(csv.reader(StringIO(csv_lines([[cell]]), newline="")))

    assert found == f"'{cell}"
    assert csv_lines([[-5, 2.5]]) == "-5,2.5\r\n"
    assert without_guard(found.replace("\u00a0", " ")) in {cell, cell.replace("\u00a0", " ")}


@pytest.mark.parametrize(
    ("group", "status"), [(StaffGroup.READER, 403), (StaffGroup.AGENT, 403), (StaffGroup.LEAD, 200)]
)
def test_leads_may_and_readers_see_no_link(client: Client, group: StaffGroup, status: int) -> None:
    staff = make_staff()
    staff.groups.add(Group.objects.get(ready_made__key=group))
    client.force_login(staff)

    assert client.get(f"{VEHICLES}csv/").status_code == status
    assert ("csv/" in client.get(VEHICLES).content.decode()) == (status == 200)
