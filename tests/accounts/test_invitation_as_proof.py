"""Where the company allows it, an invitation's link signs in by a button: once, soon, into a new, empty account."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.invitations.proof import GOOD_FOR
from onboarding_portal.accounts.models import Invitation, SignIn, User
from tests.accounts.journey import CODE, is_signed_in
from tests.factories import make_make, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

EMAIL = "bob@example.com"


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    settings.INVITATION_PROVES_MAILBOX = True


def invite(**fields: str) -> str:
    invitation, token = Invitation.objects.invite(email=EMAIL, invited_by=None, now=timezone.now())
    Invitation.objects.filter(pk=invitation.pk).update(**fields)
    return f"/invite/{token}/"


def test_the_button_signs_in_and_leads_to_the_make(client: Client) -> None:
    make = make_make("Volvo", onboardable=True)
    page = invite(make_id=make.pk, name="Bob")
    shown = client.get(page).content.decode()

    answer = client.post(page)

    assert f"sent to <strong>{EMAIL}</strong>" in shown
    assert answer["Location"] == f"/connect/{make.pk}/"
    assert is_signed_in(client)
    assert not mail.outbox
    owner = User.objects.get(email=EMAIL)
    assert (owner.name, SignIn.objects.filter(owner=owner).count()) == ("Bob", 1)
    assert Invitation.objects.get().user == owner


def test_it_is_off_by_default(client: Client, settings: Settings) -> None:
    settings.INVITATION_PROVES_MAILBOX = False
    page = invite()
    assert "we send a code" in client.get(page).content.decode()

    assert client.post(page)["Location"].startswith(CODE)
    assert not is_signed_in(client)
    assert Invitation.objects.get().opened_at is None


def test_opening_signs_nobody_in(client: Client) -> None:
    page = invite()

    for method in (client.get, client.head, client.options):
        method(page)

    assert not is_signed_in(client)
    assert not User.objects.exists()


def test_a_form_without_the_pages_own_token_does_nothing() -> None:
    page, scanner = invite(), Client(enforce_csrf_checks=True)
    scanner.get(page)

    assert scanner.post(page).status_code == 403
    assert not User.objects.exists()


def test_it_works_once(client: Client) -> None:
    page = invite()
    client.get(page)
    client.post(page)

    again = Client()
    answers = [again.post(page), again.get(page)]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert not is_signed_in(again)


def test_some_minutes_after_it_was_first_opened_a_code_is_asked_for_again() -> None:
    page, owner = invite(), Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Client().get(page)  # a program that checks mail, say
        clock.shift(GOOD_FOR + timedelta(seconds=1))
        shown = owner.get(page).content.decode()
        answer = owner.post(page)

    assert "we send a code" in shown
    assert answer["Location"].startswith(CODE)
    assert not is_signed_in(owner)


def test_a_press_without_having_opened_the_page_asks_for_a_code(client: Client) -> None:
    assert client.post(invite())["Location"].startswith(CODE)


def test_a_new_link_starts_anew(client: Client) -> None:
    page = invite()
    client.get(page)
    token = Invitation.objects.get().renew(now=timezone.now())

    assert client.post(page).status_code == 404
    assert Invitation.objects.get().opened_at is None
    client.get(f"/invite/{token}/")
    assert client.post(f"/invite/{token}/")["Location"] == "/connect/"


def signed_in_before() -> None:
    make_owner(email=EMAIL, ev_energy_user_id=None, last_login=timezone.now())


def with_a_car() -> None:
    make_vehicle(owner=make_owner(email=EMAIL, ev_energy_user_id=None))


def known_at_ev_energy() -> None:
    make_owner(email=EMAIL)


def staff() -> None:
    make_staff(email=EMAIL)


def switched_off() -> None:
    make_owner(email=EMAIL, ev_energy_user_id=None, is_active=False)


@pytest.mark.parametrize("account", [signed_in_before, with_a_car, known_at_ev_energy, staff, switched_off])
def test_an_account_with_anything_to_lose_needs_a_code(client: Client, account: Callable[[], None]) -> None:
    account()
    page = invite()
    client.get(page)

    answer = client.post(page)

    assert answer["Location"].startswith(CODE)
    assert not is_signed_in(client)


def test_no_session_can_be_planted(client: Client) -> None:
    page = invite()
    client.force_login(make_owner())
    client.get(page)
    planted = client.session.session_key

    client.post(page)

    assert client.session.session_key != planted
    assert client.session["_auth_user_id"] == str(User.objects.get(email=EMAIL).pk)
    assert not Client(cookies={"sessionid": planted}).session.get("_auth_user_id")
