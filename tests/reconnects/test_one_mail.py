"""One owner with several broken cars gets one e-mail, and each car goes its own way."""

from datetime import timedelta
from email import message_from_bytes
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.mailed.emails import MOST_CARS
from onboarding_portal.reconnects.models import BatchKind, Failure, Reconnect, State
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles.models import NOT_STALE, Integration, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_model, make_owner, make_staff
from tests.reconnects.rows import make_broken_car

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

MODELS = ["EX30", "EX40", "EX90", "EC40", "XC40", "C40"]


@pytest.fixture
def owner() -> User:
    return make_owner(email="fleet@example.com")


@pytest.fixture
def cars(owner: User) -> list[Vehicle]:
    volvo = make_make("Volvo")
    return [make_broken_car(owner=owner, model=make_model(name, make=volvo)) for name in MODELS]


def mail_all() -> None:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_slice(Lane.MAILS)


def links_of(message: EmailMultiAlternatives) -> list[str]:
    return [line for line in message.body.splitlines() if line.startswith("http://testserver/reconnect/")]


def named_in(message: EmailMultiAlternatives) -> set[str]:
    return {name for name in MODELS if f"Volvo {name}:" in message.body}


def come_back(vehicle: Vehicle) -> None:
    Vehicle.objects.filter(pk=vehicle.pk).update(integration=Integration.ACTIVE, **NOT_STALE)


def test_six_cars_are_one_e_mail_with_a_button_each(cars: list[Vehicle]) -> None:
    mail_all()

    (message,) = mail.outbox
    html = str(message.alternatives[0][0])
    assert message.to == ["fleet@example.com"]
    assert message.subject == "Please reconnect your 6 cars"
    assert named_in(message) == set(MODELS)
    links = links_of(message)
    assert len(set(links)) == len(links) == 6
    assert html.count('class="button"') == 6
    assert all(html.count(link) == 1 for link in links)
    assert all(f"Reconnect your Volvo {name}<" in html for name in MODELS)
    assert set(
        Reconnect.objects.values_list("state", "emailed_at", "next_work_at", "tries", "lease_until")
    ) == {(State.EMAILED, NOW, NOW + timedelta(days=3), 0, None)}
    parts = [part.get_content_type() for part in message_from_bytes(message.message().as_bytes()).walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_cars_of_one_name_are_told_apart(owner: User) -> None:
    model = make_model("EX30", make=make_make("Volvo"))
    for days in (1, 2):
        make_broken_car(owner=owner, model=model, connected_at=NOW - timedelta(days=days))
    make_broken_car(owner=owner, model=model, nickname="Snow white")
    mail_all()

    (message,) = mail.outbox
    html = str(message.alternatives[0][0])
    for words in ("connected on 13 March", "connected on 12 March", "Snow white"):
        assert f"Volvo EX30 ({words}):" in message.body
        assert f">Volvo EX30 ({words})</h2>" in html


def test_each_button_reconnects_its_own_car(
    client: Client, cars: list[Vehicle], ev_energy_api: EvEnergyApi
) -> None:
    mail_all()
    addresses = {car.pk: f"https://app.ev.energy/start/{car.pk}" for car in cars}
    for car in cars:
        ev_energy_api.add_reconnect_link(car.pk, address=addresses[car.pk])
    body = mail.outbox[0].body

    for car in cars:
        link = body.partition(f"Volvo {car.model.name}:\n")[2].splitlines()[0]  # type: ignore[union-attr]  # made with a model
        assert f"Volvo {car.model.name}" in client.get(link).content.decode()  # type: ignore[union-attr]  # made with a model
        assert client.post(link)["Location"] == addresses[car.pk]

    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.REDIRECTED}


def test_reminders_stop_car_by_car(cars: list[Vehicle], clock: time_machine.Traveller) -> None:
    mail_all()
    come_back(cars[0])
    clock.shift(timedelta(days=3))
    run_slice(Lane.MAILS)
    for car in cars[1:5]:
        come_back(car)
    clock.shift(timedelta(days=4))
    run_slice(Lane.MAILS)
    clock.shift(timedelta(days=3))
    run_slice(Lane.MAILS)

    _, first, second = mail.outbox
    assert first.subject == "Reminder: 5 of your cars are still not connected"
    assert named_in(first) == set(MODELS[1:])
    stop = first.extra_headers["List-Unsubscribe"].strip("<>")
    assert stop in first.body
    assert second.subject == "Reminder: your Volvo C40 is still not connected"
    assert len(links_of(second)) == 1


def test_owners_get_no_car_of_one_another(cars: list[Vehicle]) -> None:
    other = make_broken_car(owner=make_owner(email="other@example.com"), model=cars[0].model)

    mail_all()

    by_address = {message.to[0]: message for message in mail.outbox}
    assert len(mail.outbox) == 2
    assert len(links_of(by_address["fleet@example.com"])) == 6
    assert len(links_of(by_address["other@example.com"])) == 1
    assert Reconnect.objects.get(vehicle=other).emailed_to == "other@example.com"


def test_car_that_left_meanwhile_is_left_out_by_itself(cars: list[Vehicle]) -> None:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=NOW)
    Vehicle.objects.filter(pk=cars[2].pk).update(is_disabled=True)

    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    assert named_in(message) == set(MODELS) - {"EX90"}
    assert Reconnect.objects.get(vehicle=cars[2]).failure == Failure.NOT_CONNECTABLE


def test_row_somebody_is_at_is_left_to_them(cars: list[Vehicle]) -> None:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=NOW)
    taken = Reconnect.objects.get(vehicle=cars[3])
    Reconnect.objects.filter(pk=taken.pk).take_lease(now=NOW - timedelta(seconds=1))

    run_slice(Lane.MAILS)

    assert named_in(mail.outbox[0]) == set(MODELS) - {"EC40"}
    taken.refresh_from_db()
    assert taken.state == State.QUEUED


def test_mail_server_down_puts_off_every_car_and_sends_once_later(
    cars: list[Vehicle], monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    def disconnect(*args: Any) -> None:
        raise SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", disconnect)
        mail_all()
    assert set(Reconnect.objects.values_list("state", "failure")) == {(State.QUEUED, Failure.MAIL)}
    clock.shift(timedelta(seconds=6))
    run_slice(Lane.MAILS)

    assert [len(links_of(message)) for message in mail.outbox] == [6]


def test_fleet_gets_more_than_one_e_mail_and_no_car_twice(owner: User) -> None:
    model = make_model("EX30", make=make_make("Volvo"))
    for _ in range(MOST_CARS + 2):
        make_broken_car(owner=owner, model=model)

    mail_all()

    assert [len(links_of(message)) for message in mail.outbox] == [MOST_CARS, 2]
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.EMAILED}
