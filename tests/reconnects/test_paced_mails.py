"""E-mails about cars go out at a pace and in hours; what waits says until when and for what."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.accounts.models import WaitsFor
from onboarding_portal.reconnects.background.lanes import Lane, has_work, run_slice
from onboarding_portal.reconnects.models import BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff import acts, batches
from onboarding_portal.reconnects.staff.batch_plan import plan_batch
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_owner, make_staff
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 15, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _paced(settings: Settings) -> None:
    settings.MAIL_HOURS = (8, 20)
    settings.MAILS_PER_MINUTE, settings.MAILS_PER_MINUTE_TO_A_DOMAIN = 3, 2


def mails_at(moment: datetime) -> list[str]:
    """To whom the lane writes then."""
    mail.outbox.clear()
    with time_machine.travel(moment, tick=False):
        while has_work(Lane.MAILS, now=moment):
            run_slice(Lane.MAILS, seconds=5)
    return [message.to[0] for message in mail.outbox]


def test_what_a_batch_sends_in_each_minute_is_bounded_and_all_of_it_goes_out() -> None:
    owners = [make_owner(email=f"{number}@example.com") for number in range(5)]
    for owner in owners:
        make_reconnect(vehicle=make_broken_car(owner=owner), wants_email=True)

    sent = [mails_at(NOW + minutes * MINUTE) for minutes in range(4)]

    assert [len(each) for each in sent] == [2, 2, 1, 0]
    assert sorted(each for some in sent for each in some) == sorted(owner.email for owner in owners)
    assert set(Reconnect.objects.values_list("state", "tries", "waits_for")) == {(State.EMAILED, 0, "")}


def test_night_is_waited_for_without_a_try_and_the_row_says_so() -> None:
    reconnect = make_reconnect(wants_email=True)

    assert mails_at(NIGHT) == []

    reconnect.refresh_from_db()
    assert (reconnect.waits_for, reconnect.next_work_at) == (WaitsFor.HOURS, MORNING)
    assert (reconnect.state, reconnect.tries, reconnect.lease_until) == (State.QUEUED, 0, None)
    assert len(mails_at(MORNING)) == 1


def test_the_night_is_the_owners() -> None:
    owner = make_owner(time_zone="America/Los_Angeles")
    make_reconnect(vehicle=make_broken_car(owner=owner), wants_email=True)

    assert len(mails_at(NIGHT)) == 1


def test_reminder_waits_for_the_day_and_is_counted_once() -> None:
    reconnect, _token = make_emailed(emailed_at=NIGHT - timedelta(days=3), next_work_at=NIGHT)

    assert mails_at(NIGHT) == []
    reconnect.refresh_from_db()
    assert (reconnect.reminders_sent, reconnect.tries, reconnect.next_work_at) == (0, 0, MORNING)

    assert len(mails_at(MORNING)) == 1
    reconnect.refresh_from_db()
    assert (reconnect.reminders_sent, reconnect.waits_for) == (1, "")


def test_a_put_off_reminder_of_one_car_keeps_no_place_for_a_car_that_is_back() -> None:
    owner = make_owner()
    for _ in range(2):
        make_emailed(
            vehicle=make_broken_car(owner=owner), emailed_at=NIGHT - timedelta(days=3), next_work_at=NIGHT
        )
    Vehicle.objects.filter(pk=Reconnect.objects.first().vehicle_id).update(  # type: ignore[union-attr]  # there is one
        stale_since=None, stale_reason="", integration="ACTIVE"
    )

    assert mails_at(NIGHT) == []

    assert set(Reconnect.objects.values_list("reminders_sent", "waits_for")) == {(1, ""), (0, WaitsFor.HOURS)}


def test_cars_of_one_owner_are_put_off_together_and_take_one_place() -> None:
    owner = make_owner()
    for _ in range(4):
        make_reconnect(vehicle=make_broken_car(owner=owner), wants_email=True)

    assert mails_at(NIGHT) == []
    assert mails_at(MORNING) == [owner.email]


def test_the_good_news_waits_for_nothing() -> None:
    make_reconnect(State.RECONNECTED, reconnected_at=NIGHT, next_work_at=NIGHT)
    Vehicle.objects.update(integration="ACTIVE", last_status_at=NIGHT, stale_since=None, stale_reason="")

    assert len(mails_at(NIGHT)) == 1


def test_e_mail_about_one_car_goes_at_once_and_before_those_of_a_batch() -> None:
    """Its owner is on the phone."""
    for _ in range(3):
        make_reconnect(wants_email=True, next_work_at=NIGHT)
    car = make_broken_car()
    vehicles = Vehicle.objects.filter(pk=car.pk)
    plan = plan_batch(vehicles=vehicles, kind=BatchKind.EMAILS, now=NIGHT)
    assert plan.eligible == 1
    with time_machine.travel(NIGHT, tick=False):
        batches.create_confirmed(
            vehicles=vehicles,
            kind=BatchKind.EMAILS,
            token="0d9c61a5-12f7-4c7e-9c1f-3f0c53a1b6ee",  # type: ignore[arg-type]  # a text is taken as well
            at_most=1,
            including=[],
            by=make_staff(),
            now=NIGHT,
        )

    assert mails_at(NIGHT) == [car.owner.email]


def test_batch_of_two_is_paced_and_so_is_one_that_nobody_confirmed() -> None:
    for count in (2, 1):
        cars = [make_broken_car() for _ in range(count)]
        vehicles = Vehicle.objects.filter(pk__in=[car.pk for car in cars])
        batches.create_batch(vehicles=vehicles, kind=BatchKind.EMAILS, by=make_staff(), now=NIGHT)

    assert mails_at(NIGHT) == []


@pytest.mark.parametrize(("count", "sent_at_night"), [(1, 1), (2, 0)])
def test_e_mail_again_goes_at_once_if_it_is_one(count: int, sent_at_night: int) -> None:
    for _ in range(count):
        make_emailed(emailed_at=NIGHT - timedelta(days=1))

    acts.send_again(rows=Reconnect.objects.all(), by=make_staff(), now=NIGHT)

    assert len(mails_at(NIGHT)) == sent_at_night


def test_batch_page_says_what_waits_for_what_and_until_when(client: Client) -> None:
    staff = make_staff(is_superuser=True)
    for zone in ("", "Pacific/Honolulu"):
        make_reconnect(vehicle=make_broken_car(owner=make_owner(time_zone=zone)), wants_email=True)
    batch = batches.create_batch(vehicles=Vehicle.objects.none(), kind=BatchKind.EMAILS, by=staff, now=NIGHT)
    Reconnect.objects.update(batch=batch)
    for _ in range(2):  # both places of the minute
        make_reconnect(
            vehicle=make_broken_car(owner=make_owner(time_zone="Pacific/Honolulu")),
            wants_email=True,
            next_work_at=NOW - timedelta(days=1),
        )
    mails_at(NIGHT)
    client.force_login(staff)

    page = client.get(f"/admin/reconnects/batch/{batch.pk}/change/").content.decode()

    assert (
        "1 wait: The hours for mail where its reader lives. The last of them goes out after 15 March 2026, 08:00"
        in page
    )
    assert (
        "1 wait: Its turn: so many e-mails in a minute. The last of them goes out after 14 March 2026, 23:01"
        in page
    )
