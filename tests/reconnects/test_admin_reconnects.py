"""Reconnects one by one in the admin: found by owner and vehicle, read-only, links for those who may see them."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding_portal.reconnects.models import Reconnect, ReconnectEvent, State, UnstableVehicle
from onboarding_portal.reconnects.staff.link_to_hand_out import qr_code
from tests.factories import NOW, make_owner, make_staff
from tests.reconnects.office import LOOK, make_ready, staff_with, user_id_of
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = reverse("admin:reconnects_reconnect_changelist")
NEEDS_STAFF = reverse("admin:reconnects_unstablevehicle_changelist")
SECRETS = "view_reconnect_links"


def change_page(reconnect: Reconnect) -> str:
    return reverse("admin:reconnects_reconnect_change", args=[reconnect.pk])


def qr_page(reconnect: Reconnect) -> str:
    return reverse("admin:reconnects_reconnect_qr", args=[reconnect.pk])


def listed(response: HttpResponse) -> set[str]:
    return set(re.findall(r"/admin/reconnects/reconnect/(\d+)/change/", response.content.decode()))


def test_who_may_not_see_reconnects_sees_none() -> None:
    client = staff_with("view_vehicle", "view_batch", SECRETS)
    row = make_ready()

    assert client.get(LIST).status_code == 403
    assert client.get(change_page(row)).status_code == 403


def test_reconnects_are_found_by_a_part_of_the_owners_address_and_by_vehicle() -> None:
    client = staff_with(*LOOK)
    zoe = make_reconnect(vehicle=make_broken_car(owner=make_owner(email="zoe@example.com")))
    other = make_reconnect()

    assert listed(client.get(LIST, {"q": "ZOE@ex"})) == {str(zoe.pk)}
    assert listed(client.get(LIST, {"q": "oe@ex"})) == {str(zoe.pk)}
    assert listed(client.get(LIST, {"q": f" {zoe.vehicle_id} "})) == {str(zoe.pk)}
    assert listed(client.get(LIST, {"q": "example.com"})) == {str(zoe.pk), str(other.pk)}
    assert client.get(LIST, {"q": "zoe\x00@"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state__exact=FAILED", "failed"),
        ("origin__exact=EMAIL", "mailed"),
        ("failure__exact=NOT_FOUND", "failed"),
        ("created_at__gte=2026-03-14+09:00%2B00:00", "new"),
    ],
)
def test_reconnects_are_filtered(query: str, found: str) -> None:
    rows = {
        "failed": make_reconnect(State.FAILED, failure="NOT_FOUND", origin="STAFF"),
        "mailed": make_reconnect(State.EMAILED, origin="EMAIL"),
        "new": make_reconnect(created_at=NOW, origin="OWNER"),
    }

    assert listed(staff_with(*LOOK).get(f"{LIST}?{query}")) == {str(rows[found].pk)}


def test_links_are_hidden_from_those_without_the_right_wherever_a_reconnect_is_shown() -> None:
    client = staff_with(*LOOK, "request_reconnect_links", "email_reconnect_links")
    row = make_ready()
    ReconnectEvent.objects.create(reconnect=row, state=State.LINK_READY, at=NOW)

    pages = [
        LIST,
        change_page(row),
        reverse("admin:reconnects_reconnect_history", args=[row.pk]),
        reverse("admin:vehicles_vehicle_change", args=[row.vehicle_id]),
    ]

    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        assert LINK.rpartition("/")[2] not in answer.content.decode()
    assert client.get(qr_page(row)).status_code == 403
    assert "Hidden: you need the right to see links" in client.get(change_page(row)).content.decode()


def test_those_with_the_right_see_the_link_and_its_code() -> None:
    client = staff_with(*LOOK, SECRETS)
    row = make_ready()

    page = client.get(change_page(row)).content.decode()
    code = client.get(qr_page(row))

    assert f'readonly value="{LINK}"' in page
    assert f'src="{qr_page(row)}"' in page
    assert code["Content-Type"] == "image/svg+xml"
    assert "no-store" in code["Cache-Control"]
    assert code.content == qr_code(LINK)
    assert b"style" not in code.content
    assert b"<script" not in code.content


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": NOW - timedelta(seconds=1)},
        {"expires_at": None, "link_made_at": NOW - timedelta(hours=2)},
        {"url": "", "expires_at": None, "link_made_at": None},
        {"redirected_at": NOW},
        {"redirected_at": NOW + timedelta(seconds=3)},
    ],
)
def test_there_is_no_code_for_a_link_that_no_longer_works(fields: dict[str, object]) -> None:
    client = staff_with(*LOOK, SECRETS)
    row = make_ready(**fields)

    assert client.get(qr_page(row)).status_code == 404
    assert LINK not in client.get(change_page(row)).content.decode()


def test_a_link_without_a_stated_end_can_be_handed_out_for_a_while() -> None:
    row = make_ready(expires_at=None, link_made_at=NOW - timedelta(minutes=30))

    assert staff_with(*LOOK, SECRETS).get(qr_page(row)).status_code == 200


def test_a_link_made_after_its_owner_was_sent_to_another_can_be_handed_out() -> None:
    row = make_reconnect(
        State.REDIRECTED, url=LINK, link_made_at=NOW, redirected_at=NOW - timedelta(minutes=5)
    )

    assert staff_with(*LOOK, SECRETS).get(qr_page(row)).status_code == 200


def test_a_code_of_an_unknown_reconnect_is_not_found() -> None:
    client = staff_with(*LOOK, SECRETS)

    assert client.get("/admin/reconnects/reconnect/4711/qr.svg").status_code == 404
    assert client.get(f"/admin/reconnects/reconnect/{'9' * 30}/qr.svg").status_code == 404


@pytest.mark.parametrize("lookup", ["url__startswith", "url", "url__regex", "url__exact"])
def test_filters_do_not_give_a_hidden_link_away_bit_by_bit(lookup: str) -> None:
    client = staff_with(*LOOK)
    make_ready()

    answer = client.get(LIST, {lookup: LINK})

    assert answer.status_code == 400


def test_nothing_can_be_changed_or_deleted_by_hand() -> None:
    client = staff_with(*LOOK, "change_reconnect", "delete_reconnect", "add_reconnect")
    row = make_ready()

    assert client.post(change_page(row), {"state": "RECONNECTED"}).status_code == 403
    assert client.post(reverse("admin:reconnects_reconnect_delete", args=[row.pk])).status_code == 403
    assert client.get(reverse("admin:reconnects_reconnect_add")).status_code == 403


def test_the_history_says_who_did_what_and_when() -> None:
    row = make_reconnect()
    helper = make_staff(email="helper@example.com")
    row.move(State.CANCELLED, now=NOW, by=helper, note="By the counter")

    page = staff_with(*LOOK).get(change_page(row)).content.decode()

    assert "helper@example.com" in page
    assert "By the counter" in page


@pytest.mark.parametrize("address", [LIST, NEEDS_STAFF])
def test_lists_take_the_same_queries_for_few_and_many(address: str) -> None:
    client = staff_with(*LOOK)
    model = make_broken_car().model

    def add(number: int) -> None:
        for _number in range(number):
            row = make_reconnect(vehicle=make_broken_car(model=model), requested_by=make_staff())
            UnstableVehicle.objects.create(vehicle=row.vehicle, repairs=3, flagged_at=NOW)

    add(1)
    client.get(address)  # what is looked up once and kept
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    add(10)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many) <= 10


def test_staff_clear_a_vehicle_that_needed_them() -> None:
    client = staff_with(*LOOK, "change_unstablevehicle")
    flagged = UnstableVehicle.objects.create(vehicle=make_broken_car(), repairs=3, flagged_at=NOW)

    client.post(NEEDS_STAFF, {"action": "clear_flag", "_selected_action": [flagged.pk], "index": "0"})

    flagged.refresh_from_db()
    assert (flagged.cleared_at, flagged.cleared_by_id) == (NOW, user_id_of(client))
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id) == (user_id_of(client), flagged.pk)
    assert flagged.pk not in client.get(NEEDS_STAFF, {"looked": "no"}).content.decode()
    assert flagged.pk in client.get(NEEDS_STAFF, {"looked": "yes"}).content.decode()


def test_staff_without_the_right_clear_nothing() -> None:
    client = staff_with(*LOOK, "view_unstablevehicle")
    flagged = UnstableVehicle.objects.create(vehicle=make_broken_car(), repairs=3, flagged_at=NOW)

    the_list = client.get(NEEDS_STAFF).content.decode()
    by_hand = client.post(
        NEEDS_STAFF, {"action": "clear_flag", "_selected_action": [flagged.pk], "index": "0"}
    )

    assert flagged.pk in the_list
    assert "clear_flag" not in the_list
    assert by_hand.status_code == 403
    flagged.refresh_from_db()
    assert flagged.cleared_at is None
