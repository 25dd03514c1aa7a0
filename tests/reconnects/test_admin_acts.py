"""Staff end, renew and revoke reconnects that are open, one or many."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.sweep import settle
from onboarding_portal.reconnects.mailed.lasting_link import create_token
from onboarding_portal.reconnects.models import (
    FINAL_STATES,
    OPEN_STATES,
    BatchKind,
    Reconnect,
    State,
)
from onboarding_portal.reconnects.staff.batch_plan import plan_batch
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.html_forms import forms_on
from tests.reconnects.office import LOOK, staff_with, user_id_of
from tests.reconnects.rows import LINK, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST = reverse("admin:reconnects_reconnect_changelist")
RIGHTS = {
    "send_again": "email_reconnect_links",
    "make_links_anew": "request_reconnect_links",
    "revoke_links": "change_reconnect",
    "cancel_reconnects": "change_reconnect",
}


def press(client: Client, action: str, *rows: Reconnect, **fields: str) -> HttpResponse:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0"}
    return client.post(LIST, {**chosen, **fields})


def act(client: Client, action: str, *rows: Reconnect) -> HttpResponse:
    """As in a browser: the page that asks, and its button."""
    page = press(client, action, *rows)
    return next(form for form in forms_on(page) if "confirmed" in form.fields).submit(client)


def status_of(token: str) -> int:
    return Client().get(reverse("reconnects:lasting", args=[token])).status_code


@pytest.mark.parametrize("action", RIGHTS)
def test_the_page_that_asks_changes_nothing_and_counts_what_is_open(action: str) -> None:
    client = staff_with(*LOOK, RIGHTS[action])
    rows = [make_reconnect(State.EMAILED), make_reconnect(), make_reconnect(State.FAILED)]
    before = list(Reconnect.objects.order_by("pk").values())

    page = press(client, action, *rows).content.decode()

    assert "<b>2 reconnects</b>" in page
    assert "1 is left out: it has ended." in page
    assert list(Reconnect.objects.order_by("pk").values()) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("action", RIGHTS)
@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_each_act_works_on_every_open_reconnect_and_is_logged(action: str, state: State) -> None:
    client = staff_with(*LOOK, RIGHTS[action])
    row = make_reconnect(state)

    answer = act(client, action, row)

    assert answer.status_code == 302
    row.refresh_from_db()
    stays = action == "revoke_links" and state == State.REDIRECTED
    assert row.state == (State.REDIRECTED if stays else State.CANCELLED)
    assert row.url == ""
    assert row.events.get().by_id == user_id_of(client)
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id) == (user_id_of(client), str(row.pk))
    renewed = action in {"send_again", "make_links_anew"}
    assert Reconnect.objects.open().count() == int(renewed or stays)


@pytest.mark.parametrize("action", RIGHTS)
@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_what_has_ended_is_left_alone(action: str, state: State) -> None:
    client = staff_with(*LOOK, RIGHTS[action])
    row = make_reconnect(state)

    press(client, action, row, confirmed="yes")

    row.refresh_from_db()
    assert row.state == state
    assert Reconnect.objects.count() == 1


@pytest.mark.parametrize("action", RIGHTS)
def test_who_may_not_is_offered_nothing_and_refused(action: str) -> None:
    client = staff_with(*LOOK, *(set(RIGHTS.values()) - {RIGHTS[action]}))
    row = make_reconnect(State.EMAILED)
    page = reverse("admin:reconnects_reconnect_change", args=[row.pk])

    assert f'value="{action}"' not in client.get(page).content.decode()
    assert press(client, action, row, confirmed="yes").status_code == 403
    row.refresh_from_db()
    assert row.state == State.EMAILED


def test_the_page_of_an_open_reconnect_has_a_button_for_each_act_and_that_of_an_ended_one_none() -> None:
    client = staff_with(*LOOK, *RIGHTS.values())

    for state, is_offered in [(State.EMAILED, True), (State.CANCELLED, False)]:
        page = client.get(reverse("admin:reconnects_reconnect_change", args=[make_reconnect(state).pk]))
        offered = {form.fields["action"][0] for form in forms_on(page) if "action" in form.fields}
        assert offered == (RIGHTS.keys() if is_offered else set())


def test_mail_sent_again_is_a_new_one_and_the_old_link_ends() -> None:
    client = staff_with(*LOOK, *RIGHTS.values())
    row, old = make_emailed()

    act(client, "send_again", row)
    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    new = next(line for line in message.body.splitlines() if "/reconnect/" in line).rstrip("/").split("/")[-1]
    assert (status_of(old), status_of(new)) == (410, 200)


def test_mailed_vehicle_can_be_given_a_link_at_the_counter(ev_energy_api: EvEnergyApi) -> None:
    client = staff_with(*LOOK, *RIGHTS.values())
    row, _ = make_emailed()
    ev_energy_api.add_reconnect_link(row.vehicle_id, address=LINK, expires_at="2026-03-14T10:30:00Z")

    act(client, "make_links_anew", row)
    run_slice(Lane.LINKS)

    new = Reconnect.objects.open().get()
    assert (new.state, new.url, new.vehicle_id) == (State.LINK_READY, LINK, row.vehicle_id)


def test_revoked_links_open_nothing_and_the_watch_goes_on(clock: time_machine.Traveller) -> None:
    client = staff_with(*LOOK, *RIGHTS.values())
    row = make_reconnect(State.REDIRECTED, lasting_until=NOW + timedelta(days=13), url=LINK, link_made_at=NOW)
    token = create_token(reconnect=row, now=NOW)
    before = (row.redirected_at, row.next_work_at)

    act(client, "revoke_links", row)

    row.refresh_from_db()
    assert status_of(token) == 404
    assert (row.redirected_at, row.next_work_at) == before
    assert (row.url, row.lasting_until) == ("", None)


@pytest.mark.parametrize("action", ["revoke_links", "cancel_reconnects"])
def test_many_at_once_take_as_many_queries_as_one(action: str, django_assert_max_num_queries: Any) -> None:
    client = staff_with(*LOOK, *RIGHTS.values())
    rows = [make_reconnect(State.EMAILED) for _ in range(30)]

    with django_assert_max_num_queries(35):
        press(client, action, *rows, confirmed="yes")

    assert Reconnect.objects.filter(state=State.CANCELLED).count() == len(rows)
    assert LogEntry.objects.count() == len(rows)


# A changed address


def test_changed_address_ends_the_links_at_once_and_the_new_one_can_be_mailed() -> None:
    row, token = make_emailed()
    User.objects.filter(pk=row.vehicle.owner_id).update(email="new@example.com")

    assert status_of(token) == 404
    settle(now=NOW)

    row.refresh_from_db()
    assert row.state == State.CANCELLED
    plan = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)
    assert (plan.eligible, plan.left_out) == (1, {})


def test_no_reminder_goes_to_a_new_address_with_what_was_asked_at_the_old(
    clock: time_machine.Traveller,
) -> None:
    row, _ = make_emailed()
    User.objects.filter(pk=row.vehicle.owner_id).update(email="new@example.com")
    Reconnect.objects.update(next_work_at=NOW + timedelta(days=3))
    clock.shift(timedelta(days=3))

    run_slice(Lane.MAILS)

    assert not mail.outbox
    row.refresh_from_db()
    assert row.state == State.CANCELLED


def test_mail_sent_again_after_a_change_goes_to_the_new_address() -> None:
    client = staff_with(*LOOK, *RIGHTS.values())
    row, _ = make_emailed()
    User.objects.filter(pk=row.vehicle.owner_id).update(email="new@example.com")

    act(client, "send_again", row)
    run_slice(Lane.MAILS)

    assert [message.to for message in mail.outbox] == [["new@example.com"]]


def test_cooldown_still_holds_for_the_same_address() -> None:
    row, _ = make_emailed()
    row.move(State.CANCELLED, now=NOW)

    plan = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)

    assert plan.left_out == {"cooldown": 1}
