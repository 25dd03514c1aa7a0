"""Whom a colleague handles by hand, and whose mail is paused, gets nothing from batches or the portal itself."""

from collections.abc import Callable

import pytest
from django.core import mail

from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Batch, BatchKind, Reconnect, ReconnectEvent, State
from onboarding_portal.reconnects.timetable import REMINDERS
from tests.factories import NOW, handle_by_hand, make_staff, make_vehicle, pause_mail
from tests.reconnects.rows import make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LEAVE_ALONE: dict[str, Callable[[Reconnect], object]] = {
    "All mail to the owner is paused": lambda row: pause_mail(row.vehicle.owner),
    "A colleague handles it by hand": lambda row: handle_by_hand(row.vehicle),
}


@pytest.mark.parametrize("why", LEAVE_ALONE)
def test_what_a_batch_has_queued_ends_without_an_e_mail_and_says_why(why: str) -> None:
    batch = Batch.objects.create(kind=BatchKind.EMAILS, created_at=NOW)
    reconnect = make_reconnect(wants_email=True, batch=batch, requested_by=make_staff())
    LEAVE_ALONE[why](reconnect)

    run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (mail.outbox, reconnect.state) == ([], State.CANCELLED)
    assert ReconnectEvent.objects.get(reconnect=reconnect).note == why


@pytest.mark.parametrize("why", LEAVE_ALONE)
def test_reminders_that_fall_due_meanwhile_are_left_out(why: str) -> None:
    batch = Batch.objects.create(kind=BatchKind.EMAILS, created_at=NOW)
    reconnect = make_reconnect(State.EMAILED, batch=batch, emailed_at=NOW - REMINDERS[0])
    LEAVE_ALONE[why](reconnect)

    run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (mail.outbox, reconnect.state, reconnect.reminders_sent) == ([], State.EMAILED, 1)


def test_an_e_mail_that_a_colleague_asks_for_one_by_one_is_part_of_handling_by_hand() -> None:
    reconnect = make_reconnect(wants_email=True, requested_by=make_staff())
    handle_by_hand(reconnect.vehicle)

    run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1


def test_good_news_is_told_while_handled_by_hand_and_not_while_mail_is_paused() -> None:
    handled, paused = (
        make_reconnect(State.RECONNECTED, vehicle=make_vehicle(last_status_at=NOW)) for _ in range(2)
    )
    handle_by_hand(handled.vehicle)
    pause_mail(paused.vehicle.owner)

    run_slice(Lane.MAILS)

    assert [message.to for message in mail.outbox] == [[handled.vehicle.owner.email]]
