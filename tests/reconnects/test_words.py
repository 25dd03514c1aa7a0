"""The same words everywhere: each cause, silent and cut off, on each page and in each e-mail."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.advice import advice_for, words_for
from onboarding_portal.vehicles.cause_words import SigningIn
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import NOW
from tests.reconnects.office import LOOK, choose, staff_with
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

STATES = {
    "silent": {"stale_reason": StaleReason.SILENT, "integration": Integration.ACTIVE},
    "cut off": {"stale_reason": StaleReason.CONNECTION_LOST, "integration": Integration.INACTIVE},
}


def told(vehicle: Vehicle) -> list[str]:
    words = words_for(vehicle)
    return [words.what_happened, words.do_first, words.will_it_help]


def owner_sees(page: str) -> Callable[[Vehicle], str]:
    def look(vehicle: Vehicle) -> str:
        client = Client()
        client.force_login(vehicle.owner, backend="django.contrib.auth.backends.ModelBackend")
        args = [] if page == "vehicles:list" else [vehicle.pk]
        return client.get(reverse(page, args=args)).content.decode()

    return look


def lasting_page(vehicle: Vehicle) -> str:
    _reconnect, token = make_emailed(vehicle=vehicle)
    return Client().get(reverse("reconnects:lasting", args=[token])).content.decode()


def e_mail(part: str) -> Callable[[Vehicle], str]:
    def read(vehicle: Vehicle) -> str:
        make_reconnect(wants_email=True, vehicle=vehicle)
        run_slice(Lane.MAILS)
        return _part(part)

    return read


def reminder(part: str) -> Callable[[Vehicle], str]:
    def read(vehicle: Vehicle) -> str:
        make_emailed(vehicle=vehicle)
        Reconnect.objects.update(emailed_at=NOW - timedelta(days=4))
        run_slice(Lane.MAILS)
        return _part(part)

    return read


def _part(part: str) -> str:
    (message,) = mail.outbox
    return str(message.body if part == "text" else message.alternatives[0][0])


def staff_page(vehicle: Vehicle) -> str:
    client = staff_with(*LOOK)
    return client.get(reverse("admin:vehicles_vehicle_change", args=[vehicle.pk])).content.decode()


OWNERS = {
    "vehicle's page": owner_sees("vehicles:detail"),
    "card": owner_sees("vehicles:list"),
    "lasting page": lasting_page,
    "e-mail, HTML": e_mail("html"),
    "reminder, HTML": reminder("html"),
    "staff's page": staff_page,
}
PLAIN = {"e-mail, text": e_mail("text"), "reminder, text": reminder("text")}
SURFACES = OWNERS | PLAIN


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("cause", Cause)
def test_owners_are_told_the_same_everywhere(cause: Cause, surface: str, state: str) -> None:
    vehicle = make_broken_car(cause=cause, **STATES[state])

    shown = SURFACES[surface](vehicle)

    for words in told(vehicle):
        assert (words if surface in PLAIN else escape(words)) in shown
    if advice_for(vehicle).signing_in == SigningIn.DOES_NOT_HELP:
        assert "two minutes" not in shown
        assert surface == "staff's page" or "econnect your Volvo EX30" not in shown


@pytest.mark.parametrize("cause", Cause)
def test_staff_read_what_it_means_and_whether_signing_in_helps(cause: Cause) -> None:
    vehicle = make_broken_car(cause=cause)

    page = staff_page(vehicle)

    advice = advice_for(vehicle)
    assert escape(str(cause.label)) in page
    assert escape(str(advice.staff)) in page
    assert f'<div class="readonly">{advice.signing_in.label}</div>' in page


@pytest.mark.parametrize("cause", [Cause.SUBSCRIPTION_LAPSED, Cause.ASLEEP_OR_OUT_OF_COVERAGE])
def test_the_subject_asks_for_nothing_that_does_not_help(cause: Cause) -> None:
    e_mail("text")(make_broken_car(cause=cause, **STATES["silent"]))

    assert mail.outbox[0].subject == "Your Volvo EX30 sends no data"


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause != Cause.UNKNOWN])
def test_a_batchs_confirmation_names_those_whom_signing_in_does_not_help(cause: Cause) -> None:
    vehicle = make_broken_car(cause=cause, **STATES["silent"])
    client = staff_with(*LOOK, "email_reconnect_links")

    page = choose(client, "email_reconnect_links", [vehicle]).content.decode()

    advice = advice_for(vehicle)
    is_in_vain = advice.signing_in == SigningIn.DOES_NOT_HELP
    assert (escape(f"{cause.label}: 1") in page) == is_in_vain
    assert (escape(str(advice.staff)) in page) == is_in_vain
