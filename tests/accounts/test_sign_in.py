"""The journey of an owner, new or known: address, code, in."""

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from tests.accounts.journey import (
    CODE,
    LOGIN,
    ask_for_code,
    enter_code,
    is_signed_in,
    mailed_code,
    sign_in,
    wrong_code,
)
from tests.factories import make_owner

pytestmark = pytest.mark.django_db


def test_known_owner_signs_in_with_the_mailed_code(client: Client) -> None:
    owner = make_owner(email="ann@example.com")

    asked = ask_for_code(client, "ann@example.com")
    entered = enter_code(client, mailed_code())

    assert asked.status_code == 302
    assert asked["Location"] == CODE
    assert entered["Location"] == "/vehicles/"
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_new_owner_signs_in_the_same_way_and_has_no_password(client: Client) -> None:
    sign_in(client, "new@example.com")

    owner = User.objects.get()
    assert owner.email == "new@example.com"
    assert owner.is_self_registered
    assert owner.last_login is not None
    assert not owner.has_usable_password()
    assert is_signed_in(client)


def test_one_address_in_any_spelling_is_one_owner(client: Client) -> None:
    make_owner(email="ann@example.com")

    ask_for_code(client, "  Ann@Example.COM ")

    assert User.objects.count() == 1
    assert mail.outbox[0].to == ["ann@example.com"]


def test_address_that_only_looks_like_anothers_gets_its_mail_nowhere_else(client: Client) -> None:
    make_owner(email="mike@example.com")

    answer = ask_for_code(client, "mi\u212ae@example.com")  # the Kelvin sign, whose lower case is a plain k

    assert "plain letters" in answer.content.decode()
    assert not mail.outbox


def test_code_may_be_typed_with_spaces_and_in_lower_case(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    code = mailed_code().lower()

    enter_code(client, f" {code[:3]} {code[3:]} ")

    assert is_signed_in(client)


def test_session_gets_a_new_key_so_that_a_planted_one_is_worthless(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    before = client.session.session_key

    enter_code(client, mailed_code())

    assert client.session.session_key != before
    stranger = Client()
    stranger.cookies["session"] = str(before)
    assert not is_signed_in(stranger)


def test_code_opens_nothing_in_another_browser(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    thief = Client()

    response = enter_code(thief, mailed_code())

    assert response["Location"] == LOGIN
    assert not is_signed_in(thief)


def test_code_of_one_address_does_not_open_another(client: Client) -> None:
    ask_for_code(client, "mallory@example.com")
    own_code = mailed_code()
    ask_for_code(client, "ann@example.com")

    if own_code != mailed_code():
        enter_code(client, own_code)

    assert not is_signed_in(client)


def test_code_cannot_be_used_twice(client: Client) -> None:
    sign_in(client, "ann@example.com")
    code = mailed_code()
    client.post("/accounts/logout/")

    response = enter_code(client, code)

    assert response["Location"] == LOGIN
    assert not is_signed_in(client)


def test_third_wrong_code_ends_it_even_if_the_right_one_follows(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    code, wrong = mailed_code(), wrong_code()

    answers = [enter_code(client, wrong) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert enter_code(client, code)["Location"] == CODE
    assert not is_signed_in(client)


def test_tries_sent_at_the_same_moment_are_counted_all_the_same(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    code, wrong = mailed_code(), wrong_code()
    untouched = dict(client.session.items())

    for _ in range(3):  # each request has read the session before the others wrote it
        enter_code(client, wrong)
        session = client.session
        session.update(untouched)
        session.save()
    enter_code(client, code)

    assert not is_signed_in(client)


def test_empty_code_costs_no_try(client: Client) -> None:
    ask_for_code(client, "ann@example.com")

    for _ in range(5):
        assert enter_code(client, "").status_code == 200
    enter_code(client, mailed_code())

    assert is_signed_in(client)


@pytest.mark.parametrize(("minutes", "is_in"), [(14, True), (16, False)])
def test_code_works_for_fifteen_minutes(client: Client, minutes: int, is_in: bool) -> None:
    with time_machine.travel("2026-03-14 09:30:00+00:00", tick=False) as clock:
        ask_for_code(client, "ann@example.com")
        clock.shift(minutes * 60)
        enter_code(client, mailed_code())

        assert is_signed_in(client) == is_in


def test_owner_made_inactive_after_the_code_was_sent_stays_out(client: Client) -> None:
    owner = make_owner(email="ann@example.com")
    ask_for_code(client, "ann@example.com")
    User.objects.filter(pk=owner.pk).update(is_active=False)

    response = enter_code(client, mailed_code())

    assert response["Location"] == LOGIN
    assert not is_signed_in(client)


def test_new_code_is_sent_on_request_and_the_one_before_is_dead(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    first = mailed_code()

    client.post(CODE, {"action": "resend"})
    second = mailed_code()
    if first != second:
        enter_code(client, first)
        assert not is_signed_in(client)
    enter_code(client, second)

    assert len(mail.outbox) == 2
    assert is_signed_in(client)


def test_new_code_is_sent_no_more_than_twice(client: Client) -> None:
    ask_for_code(client, "ann@example.com")

    for _ in range(4):
        client.post(CODE, {"action": "resend"})

    assert len(mail.outbox) == 3


def test_new_code_has_its_own_fifteen_minutes_but_gives_no_tries_back(client: Client) -> None:
    with time_machine.travel("2026-03-14 09:30:00+00:00", tick=False) as clock:
        ask_for_code(client, "ann@example.com")
        enter_code(client, wrong_code())
        enter_code(client, wrong_code())
        clock.shift(14 * 60)
        client.post(CODE, {"action": "resend"})
        clock.shift(14 * 60)

        assert enter_code(client, wrong_code())["Location"] == CODE
        assert not is_signed_in(client)


def test_other_address_can_be_asked_for_while_one_code_is_pending(client: Client) -> None:
    ask_for_code(client, "typo@example.com")

    assert client.get(LOGIN).status_code == 200
    sign_in(client, "ann@example.com")

    assert User.objects.get(email="ann@example.com").last_login is not None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nonsense",
        "a@b",
        "x" * 250 + "@example.com",
        "ann@example.com\nbcc: x@y.de",
        "ann@" + ("\u0130" * 25 + ".") * 8 + "de",  # a letter that is two in lower case
    ],
)
def test_what_is_no_address_is_refused_with_a_message_tied_to_the_field(client: Client, email: str) -> None:
    response = ask_for_code(client, email)

    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()
    assert 'aria-describedby="id_email_error"' in response.content.decode()
    assert not mail.outbox
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://localhost/x",
    ],
)
def test_owner_is_not_sent_to_another_site_after_signing_in(client: Client, url: str) -> None:
    client.get(LOGIN, {"next": url})
    asked = ask_for_code(client, "ann@example.com", next=url)

    entered = enter_code(client, mailed_code(), next=url)

    assert asked["Location"] == CODE
    assert entered["Location"] == "/vehicles/"


def test_owner_goes_on_to_the_page_that_asked_for_signing_in(client: Client) -> None:
    asked = ask_for_code(client, "ann@example.com", next="/connect/?q=ioniq+5")

    page = client.get(asked["Location"])
    entered = enter_code(client, mailed_code(), next=page.context["next_url"])

    assert entered["Location"] == "/connect/?q=ioniq+5"


@pytest.mark.parametrize("page", [LOGIN, CODE])
def test_signed_in_owner_is_not_asked_again(client: Client, page: str) -> None:
    client.force_login(make_owner())

    assert client.get(page)["Location"] == "/vehicles/"
    assert client.get(page, {"next": "/connect/"})["Location"] == "/connect/"
    assert client.get(page, {"next": "//evil.example"})["Location"] == "/vehicles/"


def test_sign_out_is_a_button_so_that_no_picture_on_another_site_can_do_it(client: Client) -> None:
    client.force_login(make_owner())

    assert client.get("/accounts/logout/").status_code == 405
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_form_from_another_site_is_refused_with_a_page_that_says_what_to_do() -> None:
    strict = Client(enforce_csrf_checks=True)

    response = ask_for_code(strict, "ann@example.com")

    assert response.status_code == 403
    assert "open for too long" in response.content.decode()
    assert not mail.outbox


def test_pages_of_signing_in_are_never_cached(client: Client) -> None:
    asked = client.get(LOGIN)
    ask_for_code(client, "ann@example.com")

    for response in (asked, client.get(CODE)):
        assert "no-store" in response["Cache-Control"]


def test_code_is_ready_for_phones_and_their_keyboards(client: Client) -> None:
    ask_for_code(client, "ann@example.com")

    page = client.get(CODE).content.decode()

    assert 'autocomplete="one-time-code"' in page
    assert 'autocapitalize="characters"' in page


def test_mail_has_the_code_first_and_nothing_of_the_host_header(client: Client, settings: Settings) -> None:
    settings.PORTAL_NAME = "Wind & Söhne <AG>"
    settings.ALLOWED_HOSTS = ["*"]

    client.post(LOGIN, {"email": "ann@example.com"}, headers={"host": "evil.example"})

    message = mail.outbox[0]
    html = str(message.alternatives[0][0])
    code = mailed_code()
    assert message.subject == f"{code} is your Wind & Söhne <AG> sign-in code"
    assert f"    {code}\n" in str(message.body)
    assert "Wind & Söhne <AG>\nhttp://testserver/" in str(message.body)
    assert f'<span dir="ltr">{code}</span>' in html
    assert "Wind &amp; Söhne &lt;AG&gt;" in html
    assert "evil.example" not in str(message.body) + html
