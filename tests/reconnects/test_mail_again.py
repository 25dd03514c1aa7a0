"""What came of a batch, and another e-mail for those who did not open theirs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Batch, BatchKind, Reconnect, State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, handle_by_hand, make_staff
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LIST = "/admin/reconnects/batch/"
LONG_AGO = NOW - timedelta(days=2)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True))
    return client


def mailed(batch: Batch, state: State = State.EMAILED, **fields: Any) -> Reconnect:
    return make_reconnect(state, batch=batch, wants_email=True, **{"emailed_at": LONG_AGO, **fields})


@pytest.fixture
def batch() -> Batch:
    return Batch.objects.create(kind=BatchKind.EMAILS, created_at=LONG_AGO)


def again(batch: Batch) -> str:
    return f"{LIST}{batch.pk}/again/"


def form_of(page: str) -> dict[str, str]:
    fields = dict(re.findall(r'name="(token|in_vain|at_most)" value="([^"]+)"', page))
    return fields | ({"leave_out": "yes"} if 'name="leave_out"' in page else {})


def test_the_list_says_what_came_of_each_in_a_fixed_number_of_queries(desk: Client, batch: Batch) -> None:
    counts = []
    for _ in range(2):
        mailed(batch)
        mailed(batch, State.OPENED, opened_at=NOW)
        mailed(batch, State.RECONNECTED, redirected_at=NOW, opened_at=NOW)
        other = Batch.objects.create(kind=BatchKind.LINKS)
        make_reconnect(State.REDIRECTED, batch=other)
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(LIST)
        counts.append(len(queries))

    row = page.context["cl"].queryset.get(pk=batch.pk)
    assert (row.reconnect_count, row.opened_count, row.back_count) == (6, 4, 2)
    assert "33 %" in page.content.decode()
    assert counts[0] == counts[1]


def test_the_page_of_a_batch_leads_to_those_who_did_not_open(desk: Client, batch: Batch) -> None:
    mailed(batch)
    mailed(batch, State.OPENED, opened_at=NOW)

    page = desk.get(f"{LIST}{batch.pk}/change/").content.decode()

    assert "Opened: <b>1</b>. Back: <b>0</b>." in page
    assert "Mail again to the 1 who did not open" in page


def test_counts_are_told_before_and_each_is_mailed_once(desk: Client, batch: Batch) -> None:
    old = [mailed(batch), mailed(batch, State.EXPIRED, ended_at=NOW)]
    mailed(batch, State.OPENED, opened_at=NOW)
    mailed(batch, emailed_at=NOW - timedelta(hours=2))
    handle_by_hand(mailed(batch).vehicle)
    back = mailed(batch)
    Vehicle.objects.filter(pk=back.vehicle_id).update(
        stale_since=None, stale_reason="", integration="ACTIVE", last_status_at=NOW
    )

    page = desk.get(again(batch)).content.decode()
    assert "The owners of <b>2 vehicles</b> have not opened" in page
    assert page.count("<tr><td>") == 3
    for reason in ("E-mailed in the last 24 hours", "Connected: nothing to repair", "andled by hand"):
        assert reason in page
    assert not mail.outbox
    for _ in range(2):
        answer = desk.post(again(batch), form_of(page))

    made = Batch.objects.exclude(pk=batch.pk).get()
    assert answer["Location"] == f"{LIST}{made.pk}/change/"
    assert set(made.reconnects.values_list("vehicle", flat=True)) == {each.vehicle_id for each in old}
    old[0].refresh_from_db()
    assert old[0].state == State.CANCELLED
    assert AuditEntry.objects.get(act=Act.EMAILS_ASKED_FOR).count == 2
    run_slice(Lane.MAILS)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(("leaves_out", "count"), [(True, 1), (False, 2)])
def test_those_whom_signing_in_does_not_help_are_one_choice(
    desk: Client, batch: Batch, *, leaves_out: bool, count: int
) -> None:
    mailed(batch)
    mailed(batch, vehicle=make_broken_car(cause=Cause.SUBSCRIPTION_LAPSED))
    page = desk.get(again(batch)).content.decode()
    assert "Leave out the 1 vehicle for which signing in does not help" in page
    form = form_of(page)
    if not leaves_out:
        del form["leave_out"]

    desk.post(again(batch), form)

    assert Batch.objects.exclude(pk=batch.pk).get().reconnects.count() == count


@pytest.mark.parametrize(
    "form", [{}, {"token": "x", "at_most": "1", "in_vain": "0"}, {"token": "0" * 32, "at_most": "9" * 40}]
)
def test_a_broken_form_asks_again(desk: Client, batch: Batch, form: dict[str, str]) -> None:
    mailed(batch)

    answer = desk.post(again(batch), form)

    assert answer.status_code == 200
    assert Batch.objects.count() == 1


def test_more_than_were_confirmed_are_asked_about_anew(desk: Client, batch: Batch) -> None:
    mailed(batch)
    form = form_of(desk.get(again(batch)).content.decode())
    mailed(batch)

    answer = desk.post(again(batch), form).content.decode()

    assert "The list has changed since you looked" in answer
    assert Batch.objects.count() == 1
