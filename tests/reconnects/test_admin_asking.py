"""Asking for a batch on the list of vehicles: what the page says, and that what was confirmed is done once."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from onboarding_portal.reconnects.models import Batch, BatchKind, Origin, Reconnect, State, UnstableVehicle
from tests.factories import NOW, make_owner, make_vehicle
from tests.html_forms import forms_on
from tests.reconnects.office import LIST, LOOK, choose, confirm, page_of, staff_with, user_id_of
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LINKS, EMAILS = "request_reconnect_links", "email_reconnect_links"


@pytest.mark.parametrize(("action", "other"), [(LINKS, EMAILS), (EMAILS, LINKS)])
def test_staff_without_the_right_neither_see_the_action_nor_get_through_by_hand(
    action: str, other: str
) -> None:
    client = staff_with(*LOOK, other)
    car = make_broken_car()

    the_list = client.get(LIST).content.decode()
    by_hand = choose(client, action, [car])
    confirmed_by_hand = choose(client, action, [car], token=str(uuid4()), at_most="1")

    assert f'value="{other}"' in the_list
    assert f'value="{action}"' not in the_list
    assert by_hand.status_code == 403
    assert confirmed_by_hand.status_code == 403
    assert not Reconnect.objects.exists()


def test_the_right_to_make_links_without_the_right_to_see_vehicles_opens_nothing() -> None:
    client = staff_with(LINKS)

    assert choose(client, LINKS, [make_broken_car()]).status_code == 403


def test_owners_cannot_ask() -> None:
    owner = make_owner()
    client = staff_with()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    response = choose(client, LINKS, [make_broken_car(owner=owner)])

    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_asking_alone_changes_nothing() -> None:
    client = staff_with(*LOOK, LINKS)

    page = choose(client, LINKS, [make_broken_car(), make_broken_car()])

    assert "<b>2 vehicles</b>" in page.content.decode()
    assert not Batch.objects.exists()
    assert not LogEntry.objects.exists()


def test_confirmed_links_are_queued_and_the_batchs_page_opens() -> None:
    client = staff_with(*LOOK, LINKS)
    cars = [make_broken_car(), make_broken_car()]

    answer = confirm(client, choose(client, LINKS, cars))

    batch = Batch.objects.get()
    assert answer["Location"] == page_of(batch)
    assert batch.kind == BatchKind.LINKS
    assert batch.created_by_id == user_id_of(client)
    rows = Reconnect.objects.all()
    assert {row.vehicle_id for row in rows} == {car.pk for car in cars}
    assert {(row.state, row.origin, row.wants_email) for row in rows} == {(State.QUEUED, Origin.STAFF, False)}


def test_confirmed_e_mails_are_queued_as_e_mails() -> None:
    client = staff_with(*LOOK, EMAILS)

    confirm(client, choose(client, EMAILS, [make_broken_car()]))

    assert Batch.objects.get().kind == BatchKind.EMAILS
    row = Reconnect.objects.get()
    assert (row.state, row.origin, row.wants_email) == (State.QUEUED, Origin.EMAIL, True)


def test_the_history_says_who_asked_and_when() -> None:
    client = staff_with(*LOOK, LINKS)

    confirm(client, choose(client, LINKS, [make_broken_car()]))

    entry = LogEntry.objects.get()
    batch = Batch.objects.get()
    assert (entry.user_id, entry.action_flag, entry.object_id) == (
        user_id_of(client),
        ADDITION,
        str(batch.pk),
    )
    assert entry.action_time == NOW
    assert "list of vehicles" in client.get(page_of(batch, "history")).content.decode()


def test_who_may_ask_but_not_see_batches_is_told_on_the_list() -> None:
    client = staff_with("view_vehicle", LINKS)

    answer = confirm(client, choose(client, LINKS, [make_broken_car()]))

    assert answer["Location"] == LIST
    assert f"Batch {Batch.objects.get().pk} is under way." in client.get(LIST).content.decode()


def test_the_page_says_who_is_left_out_and_why() -> None:
    client = staff_with(*LOOK, EMAILS)
    cars = [
        make_broken_car(),
        make_vehicle(),
        make_broken_car(removed_at=NOW),
        make_broken_car(is_disabled=True),
        make_broken_car(integration="UNINTEGRATED"),
        make_reconnect(State.QUEUED).vehicle,
        make_broken_car(owner=make_owner(is_active=False)),
        UnstableVehicle.objects.create(vehicle=make_broken_car(), repairs=3, flagged_at=NOW).vehicle,
        make_reconnect(State.EXPIRED, emailed_at=NOW - timedelta(hours=23)).vehicle,
    ]

    page = choose(client, EMAILS, cars).content.decode()

    left_out = dict(re.findall(r'<tr><td>(.+?)</td><td class="number">(\d+)</td></tr>', page))
    assert left_out == {
        "Removed": "1",
        "Switched off at ev.energy": "1",
        "Not integrated": "1",
        "Reconnect already open": "1",
        "No e-mail address": "1",
        "Repairs do not hold: needs staff": "1",
        "E-mailed in the last 24 hours": "1",
        "Connected: nothing to repair": "1",
    }
    assert "<b>1 vehicle</b>" in page


def test_the_page_says_how_long_it_takes_within_the_hourly_limit(settings: Settings) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 999
    client = staff_with(*LOOK, LINKS)

    # One request an hour is left for bulk work: the second link waits for the window to move on.
    page = choose(client, LINKS, [make_broken_car(), make_broken_car()]).content.decode()

    assert re.search(r"this takes: <b>(6\d minutes|1 hour|2 hours)</b>", page)


def test_the_page_says_plainly_when_the_reserve_leaves_nothing_for_bulk_work(settings: Settings) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1000
    client = staff_with(*LOOK, LINKS)

    page = choose(client, LINKS, [make_broken_car()]).content.decode()

    assert "all requests of an hour are kept for owners" in page


def test_where_nobody_can_be_taken_there_is_nothing_to_press() -> None:
    client = staff_with(*LOOK, LINKS)

    page = choose(client, LINKS, [make_vehicle()])

    assert "None of these vehicles can be taken." in page.content.decode()
    assert all("at_most" not in str(form.buttons) for form in forms_on(page))


def test_a_second_submit_of_the_same_page_leads_to_the_first_batch() -> None:
    client = staff_with(*LOOK, LINKS)
    page = choose(client, LINKS, [make_broken_car(), make_broken_car()])

    first, second = confirm(client, page), confirm(client, page)

    assert first["Location"] == second["Location"] == page_of(Batch.objects.get())
    assert Reconnect.objects.count() == 2
    assert LogEntry.objects.count() == 1


def test_another_persons_page_submitted_again_makes_no_second_batch() -> None:
    page = choose(staff_with(*LOOK, LINKS), LINKS, [make_broken_car()])
    confirm(staff_with(*LOOK, LINKS), page)
    make_broken_car()

    again = confirm(staff_with(*LOOK, LINKS), page)

    assert again["Location"] == page_of(Batch.objects.get())


@pytest.mark.parametrize(
    "broken", [{"token": "x"}, {"token": ""}, {"at_most": "x"}, {"at_most": "-1"}, {"at_most": "9" * 5000}]
)
def test_a_broken_confirmation_is_no_confirmation(broken: dict[str, str]) -> None:
    client = staff_with(*LOOK, LINKS)

    page = choose(client, LINKS, [make_broken_car()], **{"token": str(uuid4()), "at_most": "1", **broken})

    assert "<b>1 vehicle</b>" in page.content.decode()
    assert not Batch.objects.exists()


def test_select_across_takes_every_vehicle_that_fits_the_filters() -> None:
    client = staff_with(*LOOK, LINKS)
    stale = [make_broken_car() for _number in range(3)]
    make_broken_car(stale_reason="SILENT")
    query = "?stale_reason__exact=CONNECTION_LOST"

    page = choose(client, LINKS, stale[:1], query=query, select_across="1")
    assert "<b>3 vehicles</b>" in page.content.decode()
    confirm(client, page)

    assert {row.vehicle_id for row in Reconnect.objects.all()} == {car.pk for car in stale}


def test_select_across_follows_the_search() -> None:
    client = staff_with(*LOOK, LINKS)
    owner = make_owner(email="zoe@example.com")
    found = [make_broken_car(owner=owner), make_broken_car(owner=owner)]
    make_broken_car()

    confirm(client, choose(client, LINKS, found[:1], query="?q=zoe%40exa", select_across="1"))

    assert {row.vehicle_id for row in Reconnect.objects.all()} == {car.pk for car in found}


def test_without_javascript_all_that_fit_can_be_taken_from_the_page_that_asks() -> None:
    client = staff_with(*LOOK, LINKS)
    cars = [make_broken_car() for _number in range(3)]

    one = choose(client, LINKS, cars[:1])
    everything = forms_on(one)[1].submit(client)
    assert "<b>3 vehicles</b>" in everything.content.decode()
    confirm(client, everything)

    assert Reconnect.objects.count() == 3


def test_vehicles_that_turned_stale_since_are_not_taken_without_asking_again() -> None:
    client = staff_with(*LOOK, LINKS)
    page = choose(client, LINKS, [make_broken_car()], select_across="1")
    make_broken_car()

    again = confirm(client, page)

    assert "The list has changed since you looked." in again.content.decode()
    assert "<b>2 vehicles</b>" in again.content.decode()
    assert not Batch.objects.exists()
    confirm(client, again)
    assert Reconnect.objects.count() == 2


def test_vehicles_that_came_back_since_are_left_alone() -> None:
    client = staff_with(*LOOK, LINKS)
    cars = [make_broken_car(), make_broken_car()]
    page = choose(client, LINKS, cars)
    cars[0].integration = "ACTIVE"
    cars[0].stale_since, cars[0].stale_reason = None, ""
    cars[0].save()

    confirm(client, page)

    assert Reconnect.objects.get().vehicle == cars[1]


def test_hostile_ids_select_nothing() -> None:
    client = staff_with(*LOOK, LINKS)
    make_broken_car()

    page = client.post(LIST, {"action": LINKS, "_selected_action": ["' OR 1=1 --", "<script>"], "index": "0"})

    assert "None of these vehicles can be taken." in page.content.decode()
    assert "<script>" not in page.content.decode().partition('<div class="ask">')[2]


def test_a_vehicles_own_page_offers_both_acts_and_shows_its_reconnects() -> None:
    client = staff_with(*LOOK, LINKS, EMAILS)
    done = make_reconnect(State.FAILED, failure="NOT_FOUND")
    page = client.get(reverse("admin:vehicles_vehicle_change", args=[done.vehicle.pk]))

    offered = {form.fields["action"][0]: form for form in forms_on(page) if "action" in form.fields}
    assert offered.keys() == {LINKS, EMAILS}
    assert "ev.energy does not know this vehicle" in page.content.decode()
    confirm(client, offered[LINKS].submit(client))

    assert Reconnect.objects.open().get().vehicle == done.vehicle


def test_a_vehicles_own_page_offers_nothing_to_those_who_may_only_look() -> None:
    client = staff_with(*LOOK)
    page = client.get(reverse("admin:vehicles_vehicle_change", args=[make_broken_car().pk]))

    assert not [form for form in forms_on(page) if "action" in form.fields]


def test_many_vehicles_take_as_many_queries_as_one() -> None:
    client = staff_with(*LOOK, LINKS)
    model = make_broken_car().model
    counts = []
    for number in (1, 1, 30):  # the first one fills Django's cache of content types
        cars = [make_broken_car(model=model) for _number in range(number)]
        page = choose(client, LINKS, cars)
        with CaptureQueriesContext(connection) as captured:
            confirm(client, page)
        counts.append(len(captured))

    assert Reconnect.objects.count() == 32
    assert counts[1] == counts[2] <= 32
