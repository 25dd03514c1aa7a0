"""The first smart charge is told once: on the car's page and in one e-mail, not to who wants none."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.ev_energy.json_types import parse
from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.readiness.background import first_mail
from onboarding_portal.readiness.background.charges import store
from onboarding_portal.readiness.background.first_mail import send_due
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id, sub_session_json
from tests.factories import (
    handle_by_hand,
    make_make,
    make_model,
    make_owner,
    make_vehicle,
    pause_mail,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def charged(*, days_ago: float = 0, connected_days_ago: float = 10, number: int = 1, **said: Any) -> Vehicle:
    now = timezone.now()
    ended_at = now - timedelta(hours=1) - days_ago * DAY
    vehicle = Vehicle.objects.filter(pk=an_id("vhcl")).first() or make_vehicle(
        vehicle_id=an_id("vhcl"),
        owner=make_owner(time_zone="Europe/London"),
        model=make_model("Kona", make=make_make("Hyundai")),
        connected_at=now - connected_days_ago * DAY,
        last_status_at=now,
        is_smart_charging_on=True,
    )
    times = {"start": (ended_at - timedelta(hours=3)).isoformat(), "end": ended_at.isoformat()}
    store([parse(SubSession, sub_session_json(number, **times, **said))], now=now)
    return vehicle


def send() -> int:
    return send_due(now=timezone.now() + timedelta(seconds=1))


def test_first_smart_charge_is_mailed_once_with_what_it_was() -> None:
    charged()

    assert (send(), send()) == (1, 0)
    charged(number=2, days_ago=-0.01)
    assert send() == 0

    (letter,) = mail.outbox
    assert letter.subject == "Your Hyundai Kona charged smartly for the first time"
    assert "18\u00a0kWh" in letter.body
    assert "£2.16" in letter.body
    assert "2.2\u00a0kg of CO₂" in letter.body


def test_nothing_is_said_of_cost_and_co2_where_ev_energy_does_not_say() -> None:
    charged(cost=None, total_co2_grams=None)

    send()

    assert "It cost" not in mail.outbox[0].body
    assert "CO₂" not in mail.outbox[0].body


@pytest.mark.parametrize(
    "case",
    ["paused", "by hand", "no reminders", "removed", "old news", "connected long ago", "new owner"],
)
def test_who_wants_none_and_old_news_get_no_mail(case: str) -> None:
    vehicle = charged(
        days_ago=3 if case == "old news" else 0,
        connected_days_ago=100 if case == "connected long ago" else 10,
    )
    owner = vehicle.owner
    match case:
        case "paused":
            pause_mail(owner)
        case "by hand":
            handle_by_hand(vehicle)
        case "no reminders":
            owner.wants_reminders = False
            owner.save()
        case "removed":
            Vehicle.objects.filter(pk=vehicle.pk).update(removed_at=timezone.now())
        case "new owner":
            Vehicle.objects.filter(pk=vehicle.pk).update(owner=make_owner())

    assert send() == 0
    assert not mail.outbox


def test_mail_waits_for_its_turn(settings: Settings) -> None:
    hour = timezone.now().astimezone(ZoneInfo("Europe/London")).hour
    settings.MAIL_HOURS = (hour + 1, 24) if hour < 23 else (0, 23)
    vehicle = charged()

    assert send() == 0

    due_at = Readiness.objects.get(pk=vehicle.pk).first_mail_due_at
    assert due_at is not None
    assert due_at > timezone.now()


def test_mail_that_could_not_be_sent_is_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    charged()

    def refuse(**_more: Any) -> None:
        raise MailNotSent("down")

    with monkeypatch.context() as broken:
        broken.setattr(first_mail, "send_mail", refuse)
        assert send() == 0

    assert send_due(now=timezone.now() + timedelta(hours=1)) == 1


def test_cars_page_says_what_it_charged(client: Client) -> None:
    vehicle = charged()
    client.force_login(vehicle.owner)

    shown = client.get(reverse("vehicles:detail", args=[vehicle.pk])).content.decode()

    assert "Your Hyundai Kona charged smartly" in shown
    assert "18\u00a0kWh" in shown
    assert "£2.16" in shown
