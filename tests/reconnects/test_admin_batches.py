"""A batch's page, its live part, its CSV, and the acts on it."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding_portal.reconnects.models import BatchKind, Reconnect, State
from tests.factories import NOW, make_owner
from tests.html_forms import forms_on
from tests.reconnects.office import LOOK, make_batch, make_ready, page_of, staff_with, user_id_of
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LINKS, EMAILS, SECRETS = "request_reconnect_links", "email_reconnect_links", "view_reconnect_links"
META_REFRESH = '<noscript><meta http-equiv="refresh" content="5"></noscript>'


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def csv_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    content = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


@pytest.mark.parametrize("name", ["change", "progress", "csv", "cancel", "retry", "history"])
def test_who_may_not_see_batches_sees_nothing_of_them(name: str) -> None:
    client = staff_with(LINKS, EMAILS, SECRETS, "view_vehicle", "view_reconnect")

    assert client.get(page_of(make_batch(State.QUEUED), name)).status_code == 403


@pytest.mark.parametrize(
    ("kind", "right"), [(BatchKind.LINKS, EMAILS), (BatchKind.EMAILS, LINKS), (BatchKind.LINKS, SECRETS)]
)
@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_acts_need_the_right_for_this_kind_of_batch(kind: BatchKind, right: str, act: str) -> None:
    client = staff_with(*LOOK, right)
    batch = make_batch(State.QUEUED, State.FAILED, kind=kind)

    page = text_of(client.get(page_of(batch)))
    asked, done = client.get(page_of(batch, act)), client.post(page_of(batch, act))

    assert page_of(batch, act) not in page
    assert (asked.status_code, done.status_code) == (403, 403)
    assert {row.state for row in Reconnect.objects.all()} == {State.QUEUED, State.FAILED}


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_a_look_at_the_page_that_asks_changes_nothing(act: str) -> None:
    client = staff_with(*LOOK, LINKS)
    batch = make_batch(State.QUEUED, State.FAILED)

    assert "<b>1 " in text_of(client.get(page_of(batch, act)))
    assert {row.state for row in Reconnect.objects.all()} == {State.QUEUED, State.FAILED}
    assert not LogEntry.objects.exists()


def test_cancelling_lets_go_of_what_waits_and_leaves_links_that_are_out() -> None:
    client = staff_with(*LOOK, LINKS)
    batch = make_batch(State.QUEUED, State.QUEUED, State.LINK_READY)

    answer = forms_on(client.get(page_of(batch, "cancel")))[0].submit(client)

    assert answer["Location"] == page_of(batch)
    assert sorted(row.state for row in Reconnect.objects.all()) == ["CANCELLED", "CANCELLED", "LINK_READY"]
    batch.refresh_from_db()
    assert (batch.cancelled_by_id, batch.cancelled_at) == (user_id_of(client), NOW)
    page = text_of(client.get(page_of(batch)))
    assert "Cancelled 2 reconnects." in page
    assert "Cancelled by " in page
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.get_change_message()) == (user_id_of(client), "Cancelled 2 reconnects.")


def test_retrying_queues_the_failed_ones_again_once() -> None:
    client = staff_with(*LOOK, EMAILS)
    batch = make_batch(State.FAILED, State.FAILED, State.RECONNECTED, kind=BatchKind.EMAILS, failure="MAIL")
    ask = forms_on(client.get(page_of(batch, "retry")))[0]

    ask.submit(client)
    second = ask.submit(client)

    assert sorted(row.state for row in Reconnect.objects.all()) == ["QUEUED", "QUEUED", "RECONNECTED"]
    assert "Trying 0 reconnects again." in text_of(client.get(second["Location"]))
    assert LogEntry.objects.get().get_change_message() == "Trying 2 reconnects again."


def test_the_page_counts_by_state_and_groups_failures_by_ev_energys_own_reason() -> None:
    client = staff_with(*LOOK)
    batch = make_batch(State.QUEUED, State.LINK_READY, State.LINK_READY)
    for detail in ["Vehicle is <b>locked</b>", "Vehicle is <b>locked</b>", ""]:
        make_reconnect(State.FAILED, batch=batch, failure="REFUSED", failure_detail=detail)

    page = text_of(client.get(page_of(batch)))

    assert "5 of 6 done" in page
    assert '<progress max="6" value="5"' in page
    assert dict(re.findall(r"state=(\w+)#rows\">[^<]+<b>(\d+)</b>", page)) == {
        "QUEUED": "1",
        "LINK_READY": "2",
        "FAILED": "3",
    }
    reasons = re.findall(r'<td class="wraps">(.+?)</td><td class="number">(\d)</td>', page)
    assert reasons == [("Vehicle is &lt;b&gt;locked&lt;/b&gt;", "2"), ("-", "1")]


def test_an_unfinished_batch_refreshes_itself_with_and_without_javascript() -> None:
    client = staff_with(*LOOK)
    batch = make_batch(State.QUEUED)

    page = text_of(client.get(page_of(batch)))
    assert META_REFRESH in page
    assert f'data-progress-url="{page_of(batch, "progress")}"' in page
    Reconnect.objects.update(state=State.CANCELLED)

    part = client.get(page_of(batch, "progress"))
    assert "data-finished" in text_of(part)
    assert "<html" not in text_of(part)
    assert "no-store" in part["Cache-Control"]
    finished = text_of(client.get(page_of(batch)))
    assert META_REFRESH not in finished
    assert "data-progress-url" not in finished


def test_a_batch_of_nothing_is_finished() -> None:
    page = text_of(staff_with(*LOOK).get(page_of(make_batch())))

    assert "Finished" in page
    assert "None." in page


def test_links_are_shown_to_those_with_the_right_and_to_nobody_else() -> None:
    batch = make_batch()
    make_ready(batch=batch)

    hidden = text_of(staff_with(*LOOK, LINKS, EMAILS).get(page_of(batch)))
    shown_to = staff_with(*LOOK, SECRETS)
    shown = shown_to.get(page_of(batch))

    assert LINK not in hidden
    assert "qr.svg" not in hidden
    assert "Hidden: you need the right to see links" in hidden
    assert f'readonly value="{LINK}"' in text_of(shown)
    assert text_of(shown).count(LINK) == 1
    assert "Works until" in text_of(shown)
    assert "no-store" in shown["Cache-Control"]


def test_a_link_that_has_expired_is_no_longer_shown() -> None:
    batch = make_batch()
    make_ready(batch=batch, expires_at=NOW - timedelta(seconds=1))

    page = text_of(staff_with(*LOOK, SECRETS).get(page_of(batch)))

    assert LINK not in page
    assert "Expired" in page


def test_rows_are_paged_and_chosen_by_state() -> None:
    client = staff_with(*LOOK)
    model = make_broken_car().model
    batch = make_batch(State.FAILED)
    for _number in range(55):
        make_reconnect(State.QUEUED, vehicle=make_broken_car(model=model), batch=batch)

    def rows(query: str) -> int:
        return len(re.findall(r"/reconnect/\d+/change/", text_of(client.get(page_of(batch) + query))))

    assert rows("") == 25
    assert rows("?p=3") == 6
    assert rows("?state=FAILED") == 1
    assert rows("?state=QUEUED&p=3") == 5
    assert rows("?p=999999999999999999999") == 6
    assert rows("?state=%3Cscript%3E&p=x") == 25


def test_the_page_takes_the_same_queries_for_few_and_many() -> None:
    client = staff_with(*LOOK, SECRETS, LINKS)
    model = make_broken_car().model
    batch = make_batch()

    def add(number: int) -> None:
        for _number in range(number):
            make_ready(vehicle=make_broken_car(model=model), batch=batch)

    add(1)
    client.get(page_of(batch))  # what is looked up once and kept
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(batch))
    add(40)
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(batch))
    assert len(few) == len(many) <= 10


@pytest.mark.parametrize("batch_id", ["0", "99999999", "9" * 30, "x", "%C2%B2"])
def test_an_unknown_batch_is_not_found(batch_id: str) -> None:
    client = staff_with(*LOOK, LINKS)

    assert client.get(f"/admin/reconnects/batch/{batch_id}/change/").status_code == 404
    assert client.get(f"/admin/reconnects/batch/{batch_id}/progress/", follow=True).status_code == 404


def test_nothing_can_be_posted_to_a_batchs_page() -> None:
    batch = make_batch()

    assert staff_with(*LOOK, LINKS).post(page_of(batch), {"kind": "EMAILS"}).status_code == 405


def test_the_list_of_batches_says_how_far_each_is() -> None:
    make_batch(State.QUEUED, State.FAILED, State.FAILED)
    make_batch()

    page = text_of(staff_with(*LOOK).get(reverse("admin:reconnects_batch_changelist")))

    assert "2 of 3" in page
    assert "0 of 0" in page


def test_the_csv_has_links_for_those_with_the_right_only() -> None:
    batch = make_batch()
    row = make_ready(batch=batch)

    [without] = csv_of(staff_with(*LOOK, LINKS, EMAILS), page_of(batch, "csv"))
    insider = staff_with(*LOOK, SECRETS)
    [with_link] = csv_of(insider, page_of(batch, "csv"))

    assert "link" not in without
    assert without["vehicle_id"] == row.vehicle_id
    assert with_link["link"] == LINK
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.get_change_message()) == (user_id_of(insider), "Downloaded with links.")


def test_the_csv_has_no_link_that_is_used_up() -> None:
    batch = make_batch()
    row = make_ready(batch=batch)
    row.redirected_at = row.link_made_at
    row.save()

    [line] = csv_of(staff_with(*LOOK, SECRETS), page_of(batch, "csv"))

    assert line["link"] == ""


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_csv_is_run_as_a_formula(formula: str) -> None:
    batch = make_batch()
    car = make_broken_car(owner=make_owner(email=f"{formula.strip()}@example.com".lower()))
    make_reconnect(State.FAILED, vehicle=car, batch=batch, failure="REFUSED", failure_detail=formula)

    [row] = csv_of(staff_with(*LOOK), page_of(batch, "csv"))

    assert row["reason"] == f"'{formula}"
    assert row["owner"].startswith("'")


def test_the_csv_is_not_kept_by_anybody_on_the_way() -> None:
    answer = staff_with(*LOOK).get(page_of(make_batch(State.FAILED), "csv"))

    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer.getvalue()
