from datetime import timedelta
from email import message_from_bytes
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from requests import ConnectionError as NoConnection

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Failure, LastingLink, Reconnect, State, UnstableVehicle
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.models import NOT_STALE, Integration, Vehicle
from tests.ev_energy_answers import user_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_model, make_owner
from tests.reconnects.rows import LINK, make_broken_car, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def queue_mail(**fields: Any) -> Reconnect:
    return make_reconnect(wants_email=True, **fields)


def html_of(message: EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


def links_of(message: EmailMultiAlternatives) -> list[str]:
    return [line for line in message.body.splitlines() if line.startswith("http://testserver/reconnect/")]


def test_mail_asks_the_owner_to_reconnect() -> None:
    owner = make_owner(email="vera@example.com")
    reconnect = queue_mail(vehicle=make_broken_car(owner=owner))

    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    assert message.to == ["vera@example.com"]
    assert message.subject == "Please reconnect your Volvo EX30"
    assert "Brightfield Energy no longer gets data from your Volvo EX30." in message.body
    assert "works until 28 March 2026" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in message.extra_headers
    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.emailed_at) == (State.EMAILED, NOW)
    assert reconnect.lasting_until == NOW + timedelta(days=14)
    assert reconnect.next_work_at == NOW + timedelta(days=3)


def test_link_in_the_mail_opens_the_page_of_this_car(client: Client) -> None:
    reconnect = queue_mail()
    run_slice(Lane.MAILS)

    (link,) = links_of(mail.outbox[0])

    assert resolve(link.removeprefix("http://testserver")).view_name == "reconnects:lasting"
    assert "Volvo EX30" in client.get(link).content.decode()
    assert LastingLink.objects.get().owner == reconnect.vehicle.owner


def test_mail_has_its_link_once_in_each_part_and_leads_nowhere_else() -> None:
    queue_mail()
    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    (link,) = links_of(message)
    html = html_of(message)

    assert html.count(link) == 1
    assert html.count('class="button"') == 1
    for part in (message.body, html):
        assert "ev.energy/" not in part
        assert "<img" not in part
        assert set(_hosts(part)) == {"testserver"}


def test_mail_is_one_message_with_a_text_and_an_html_part() -> None:
    queue_mail()
    run_slice(Lane.MAILS)

    parsed = message_from_bytes(mail.outbox[0].message().as_bytes())

    parts = [part.get_content_type() for part in parsed.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_names_with_markup_stay_text() -> None:
    vehicle = make_broken_car(model=make_model(make=make_make("<b>Vol&vo</b>")))
    queue_mail(vehicle=vehicle)

    run_slice(Lane.MAILS)

    assert "<b>Vol&vo</b>" in mail.outbox[0].body
    assert "<b>" not in html_of(mail.outbox[0])


def test_mail_goes_out_once_however_often_work_is_done(ev_energy_api: EvEnergyApi) -> None:
    queue_mail()

    for _ in range(3):
        run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1
    assert not ev_energy_api.requests


def test_worker_killed_after_sending_leads_to_one_more_mail_with_both_links_good(
    client: Client, clock: time_machine.Traveller
) -> None:
    reconnect = queue_mail()
    run_slice(Lane.MAILS)
    Reconnect.objects.update(
        state=State.QUEUED, emailed_at=None, next_work_at=NOW, lease_until=NOW + RECONNECT_LEASE, tries=1
    )

    run_slice(Lane.MAILS)
    assert len(mail.outbox) == 1  # the lease of the killed one still runs
    clock.shift(RECONNECT_LEASE)
    run_slice(Lane.MAILS)

    assert len(mail.outbox) == 2
    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.tries) == (State.EMAILED, 0)
    for message in mail.outbox:
        assert client.get(links_of(message)[0]).status_code == 200


def test_mail_that_kills_its_worker_each_time_is_given_up(clock: time_machine.Traveller) -> None:
    reconnect = queue_mail(tries=8)

    run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.MAIL)
    assert not mail.outbox


def test_mail_server_down_means_later_and_never_a_failure(
    monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    reconnect = queue_mail()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _disconnect)

    run_slice(Lane.MAILS)
    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.QUEUED, Failure.MAIL)
    assert reconnect.next_work_at == NOW + timedelta(seconds=5)
    for _ in range(12):
        clock.shift(timedelta(minutes=10))
        run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.QUEUED, Failure.MAIL)
    assert reconnect.next_work_at - timezone.now() <= timedelta(minutes=10)


def test_an_address_that_is_refused_is_tried_for_hours_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise SMTPRecipientsRefused({"vera@example.com": (550, b"no such user")})

    reconnect = queue_mail()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)

    for _ in range(8):
        run_slice(Lane.MAILS)
        clock.shift(timedelta(hours=12))

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.MAIL)


@pytest.mark.parametrize(
    "fields", [{"removed_at": NOW}, {"is_disabled": True}, {"integration": Integration.UNINTEGRATED}]
)
def test_no_mail_about_a_car_that_left(fields: dict[str, Any]) -> None:
    reconnect = queue_mail()
    Vehicle.objects.update(**fields)

    run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.NOT_CONNECTABLE)
    assert not mail.outbox


def test_owner_at_the_counter_can_get_the_link_by_mail_as_well() -> None:
    reconnect = make_reconnect(State.LINK_READY, wants_email=True)

    run_slice(Lane.MAILS)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.EMAILED, LINK)
    assert LINK not in mail.outbox[0].body


def test_reminders_come_after_three_and_seven_days_and_then_no_more(clock: time_machine.Traveller) -> None:
    queue_mail()
    sent_after = []

    for day in range(15):
        before = len(mail.outbox)
        run_slice(Lane.MAILS)
        sent_after += [day] * (len(mail.outbox) - before)
        clock.shift(timedelta(days=1))

    assert sent_after == [0, 3, 7]
    assert Reconnect.objects.get().state == State.EXPIRED


def test_reminder_can_be_stopped_with_one_post(client: Client, clock: time_machine.Traveller) -> None:
    remind(clock)

    message = mail.outbox[-1]
    assert message.subject == "Reminder: your Volvo EX30 is still not connected"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert stop in message.body
    # As mail programs send it: no session, no cookie, no token of a form.
    response = Client(enforce_csrf_checks=True).post(stop, {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert not User.objects.get().wants_reminders
    clock.shift(timedelta(days=5))
    run_slice(Lane.MAILS)
    assert len(mail.outbox) == 2


def test_looking_at_the_unsubscribe_page_changes_nothing(
    client: Client, clock: time_machine.Traveller
) -> None:
    remind(clock)
    stop = mail.outbox[-1].extra_headers["List-Unsubscribe"].strip("<>")

    for method in ["get", "head"] * 10:
        assert getattr(client, method)(stop).status_code == 200

    assert User.objects.get().wants_reminders
    assert "Stop reminders?" in client.get(stop).content.decode()


def test_token_of_one_kind_gives_no_other_right(client: Client, clock: time_machine.Traveller) -> None:
    remind(clock)
    stop = mail.outbox[-1].extra_headers["List-Unsubscribe"].strip("<>").rstrip("/").split("/")[-2]
    reconnect_token = links_of(mail.outbox[-1])[0].rstrip("/").split("/")[-1]

    assert client.post(f"/reconnect/{stop}/").status_code == 404
    assert client.post(f"/reminders/{reconnect_token}/stop/").status_code == 404


@pytest.mark.parametrize("token", ["1", "1:x", "x:y", "é", "9999999999:abc"])
def test_forged_unsubscribe_token_stops_nothing(client: Client, token: str) -> None:
    owner = make_owner()

    assert client.post(f"/reminders/{token}/stop/").status_code == 404
    owner.refresh_from_db()
    assert owner.wants_reminders


@pytest.mark.parametrize(
    "change",
    [
        lambda reconnect: User.objects.update(wants_reminders=False),
        lambda reconnect: User.objects.update(is_active=False),
        lambda reconnect: Vehicle.objects.update(integration=Integration.ACTIVE, **NOT_STALE),
        lambda reconnect: Vehicle.objects.update(removed_at=NOW),
        lambda reconnect: UnstableVehicle.objects.create(
            vehicle=reconnect.vehicle, repairs=3, flagged_at=NOW
        ),
    ],
    ids=["unwanted", "owner gone", "car back", "car gone", "unstable"],
)
def test_reminders_stop(clock: time_machine.Traveller, change: Any) -> None:
    reconnect = queue_mail()
    run_slice(Lane.MAILS)
    reconnect.refresh_from_db()
    change(reconnect)

    for _ in range(13):
        clock.shift(timedelta(days=1))
        run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1


def open_link(reconnect: Reconnect, client: Client, api: EvEnergyApi, *, works: bool) -> None:
    (link,) = links_of(mail.outbox[0])
    if works:
        api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at="2026-03-14T10:30:00Z")
    else:
        api.add_failure("POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", NoConnection())
    client.get(link)
    client.post(link)


@pytest.mark.parametrize(
    ("works", "back", "state"),
    [
        (True, None, State.REDIRECTED),
        (True, "?error=access_denied", State.REDIRECTED),
        (True, "", State.REDIRECTED),
        (False, None, State.OPENED),
    ],
    ids=["went and never came back", "cancelled", "signed in in vain", "ev.energy was down"],
)
def test_reminders_go_on_until_data_comes(
    client: Client,
    ev_energy_api: EvEnergyApi,
    clock: time_machine.Traveller,
    works: bool,
    back: str | None,
    state: State,
) -> None:
    reconnect = queue_mail()
    run_slice(Lane.MAILS)
    open_link(reconnect, client, ev_energy_api, works=works)
    if back is not None:
        client.get(f"/return/{back}")
    assert Reconnect.objects.get().state == state
    ev_energy_api.add_vehicle(
        vehicle_json(
            id=reconnect.vehicle_id,
            user=user_json(id=reconnect.vehicle.owner.ev_energy_user_id),
            integrated="INACTIVE",
            latest_status_log=None,
        )
    )
    sent_after = []

    for hour in range(0, 24 * 15, 6):
        before = len(mail.outbox)
        run_slice(Lane.WATCHES)
        run_slice(Lane.MAILS)
        sent_after += [hour // 24] * (len(mail.outbox) - before)
        clock.shift(timedelta(hours=6))

    assert sent_after == [3, 7]
    assert Reconnect.objects.get().state == State.EXPIRED


def test_no_reminder_on_the_day_the_owner_went_there(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect = queue_mail()
    run_slice(Lane.MAILS)
    clock.shift(timedelta(days=2, hours=23))
    open_link(reconnect, client, ev_energy_api, works=True)
    clock.shift(timedelta(hours=12))

    run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1


def test_good_news_says_when_data_came_in() -> None:
    vehicle = make_broken_car()
    reconnect = make_reconnect(State.RECONNECTED, vehicle=vehicle)
    Vehicle.objects.update(
        integration=Integration.ACTIVE, last_status_at=NOW - timedelta(minutes=2), **NOT_STALE
    )

    run_slice(Lane.MAILS)
    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    assert message.subject == "Your Volvo EX30 is connected again"
    assert "data came in on 14 March 2026, 09:28 (UTC)" in message.body
    assert set(_hosts(message.body)) == {"testserver"}
    reconnect.refresh_from_db()
    assert (reconnect.told_at, reconnect.next_work_at) == (NOW, None)


@pytest.mark.parametrize(
    "fields", [{"reconnected_at": NOW - timedelta(days=2)}, {}], ids=["old", "stale again"]
)
def test_no_good_news_that_is_old_or_untrue(fields: dict[str, Any]) -> None:
    reconnect = make_reconnect(State.RECONNECTED, **fields)
    if fields:
        Vehicle.objects.update(integration=Integration.ACTIVE, **NOT_STALE)

    run_slice(Lane.MAILS)

    assert not mail.outbox
    reconnect.refresh_from_db()
    assert (reconnect.told_at, reconnect.next_work_at) == (None, None)


def test_unopened_link_of_another_reconnect_is_not_in_the_mail() -> None:
    make_emailed()
    queue_mail()

    run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1


def remind(clock: time_machine.Traveller) -> None:
    queue_mail()
    run_slice(Lane.MAILS)
    clock.shift(timedelta(days=3))
    run_slice(Lane.MAILS)
    assert len(mail.outbox) == 2


def _hosts(text: str) -> list[str]:
    return [rest.split("/")[0] for rest in text.split("://")[1:]]


def _disconnect(*args: Any, **kwargs: Any) -> None:
    raise SMTPServerDisconnected
