"""Whatever address is given, the pages are the same; only the mailbox tells more."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from tests.accounts.journey import CODE, ask_for_code, enter_code, is_signed_in, mailed_code, sign_in
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

EMAIL = "somebody@example.com"


def _make_nobody() -> None:
    pass


def _make_known_owner() -> None:
    make_owner(email=EMAIL)


def _make_inactive_owner() -> None:
    make_owner(email=EMAIL, is_active=False)


def _make_staff() -> None:
    make_staff(email=EMAIL)


EVERYBODY = [_make_nobody, _make_known_owner, _make_inactive_owner, _make_staff]


def _what_a_visitor_sees(email: str) -> list[Any]:
    client = Client()
    asked = ask_for_code(client, email)
    page = client.get(CODE)
    resent = client.post(CODE, {"action": "resend"})
    after = client.get(CODE)
    wrong = [enter_code(client, "BBBBBB") for _ in range(3)]
    answers = [asked, page, resent, after, *wrong]
    return [
        (answer.status_code, answer.get("Location"), _without_tokens(answer.content.decode(), email))
        for answer in answers
    ]


def _without_tokens(page: str, email: str) -> list[str]:
    return [line for line in page.replace(email, "…").splitlines() if "csrfmiddlewaretoken" not in line]


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("make", EVERYBODY)
def test_pages_and_number_of_mails_are_the_same_for_everybody(
    settings: Settings, make: Any, is_open: bool
) -> None:
    settings.SIGNUP_OPEN = is_open
    make()

    seen = _what_a_visitor_sees(EMAIL)
    mails = len(mail.outbox)

    make_owner(email="reference@example.com")
    assert seen == _what_a_visitor_sees("reference@example.com")
    assert mails == len(mail.outbox) - mails == 2


def test_closed_sign_up_makes_no_user_and_the_mail_says_whom_to_ask(
    client: Client, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False

    ask_for_code(client, EMAIL)
    enter_code(client, "")

    assert not User.objects.exists()
    assert "by invitation" in str(mail.outbox[0].body)
    assert "help@brightfield.example" in str(mail.outbox[0].body)
    assert not is_signed_in(client)


def test_closed_sign_up_lets_known_owners_in(client: Client, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    make_owner(email=EMAIL)

    sign_in(client, EMAIL)

    assert is_signed_in(client)


def test_asking_before_sign_up_closed_is_no_way_in_after(client: Client, settings: Settings) -> None:
    ask_for_code(client, EMAIL)
    settings.SIGNUP_OPEN = False

    ask_for_code(Client(), EMAIL)

    assert "by invitation" in str(mail.outbox[1].body)


def test_inactive_owner_gets_no_code(client: Client) -> None:
    _make_inactive_owner()

    ask_for_code(client, EMAIL)

    assert "we send no code" in str(mail.outbox[0].body)
    assert "invitation" not in str(mail.outbox[0].body)


def test_staff_read_english_all_through_whatever_language_the_page_is_in(client: Client) -> None:
    make_staff(email="sue@example.com", language="de")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ar"
    ask_for_code(client, "sue@example.com")

    (message,) = mail.outbox
    (html,) = (str(each.content) for each in message.alternatives)
    assert '<html lang="en" dir="ltr"' in html
    assert "If it was not you, you need do nothing." in str(message.body)


def test_staff_get_no_code_but_the_address_of_the_admin(client: Client) -> None:
    _make_staff()

    ask_for_code(client, EMAIL)

    assert "http://testserver/admin/" in str(mail.outbox[0].body)


def test_two_at_once_for_a_new_address_make_one_owner(client: Client) -> None:
    first = User.objects.get_or_register(email=EMAIL)

    assert User.objects.get_or_register(email="Somebody@Example.com") == first


def test_owner_who_never_entered_the_code_is_told_apart_from_one_who_was_added(client: Client) -> None:
    ask_for_code(client, EMAIL)
    added = make_owner(email="added@example.com", ev_energy_user_id=None)

    never_used = User.objects.never_used()

    assert [owner.email for owner in never_used] == [EMAIL]
    assert added not in never_used
    enter_code(client, mailed_code())
    assert not User.objects.never_used().exists()
