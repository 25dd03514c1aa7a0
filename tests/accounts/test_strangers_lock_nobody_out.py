"""Strangers ask for codes for somebody's address as often as they like; its owner still gets in."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts import known_browser
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes, count_code
from tests.accounts.journey import CODE, ask_for_code, enter_code, is_signed_in, mailed_code, sign_in
from tests.factories import make_owner

pytestmark = pytest.mark.django_db

EMAIL = "ann@example.com"
MAILS_AN_HOUR = 40  # to one mailbox, by all strangers together
STRANGERS = [1, 10, 1000]  # networks


@pytest.fixture(autouse=True)
def _fast_cache(settings: Settings) -> None:
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(uuid.uuid4())}}


def strangers_ask(networks: int, *, email: str = EMAIL) -> int:
    """From each network, six times or, from many, until nothing more could come; returns how many codes they got."""
    codes = 0
    for number in range(networks):
        address = f"10.{number // 250}.{number % 250}.7" if number % 2 else f"2001:db8:{number:x}::1"
        for _ in range(6 if networks <= 10 else 1):
            request = RequestFactory(REMOTE_ADDR=address).post("/")
            try:
                count_code(request, email=email)
                codes += 1
            except TooManyCodes:
                pass
    return codes


def forget_session(client: Client) -> Client:
    """What a browser keeps after signing out, or after the session has run out."""
    client.post("/accounts/logout/")
    client.cookies.pop("session", None)
    return client


def known_client() -> Client:
    client = Client(REMOTE_ADDR="198.51.100.1")
    sign_in(client, EMAIL)
    return forget_session(client)


@pytest.mark.parametrize("networks", STRANGERS)
def test_owner_in_a_browser_that_signed_in_before_gets_in(networks: int) -> None:
    client = known_client()
    strangers_ask(networks)

    sign_in(client, EMAIL)

    assert is_signed_in(client)


@pytest.mark.parametrize("networks", STRANGERS)
def test_owner_who_holds_a_code_gets_in_with_it_or_with_the_next(networks: int) -> None:
    clients = [Client(REMOTE_ADDR="198.51.100.1"), Client(REMOTE_ADDR="198.51.100.1")]
    codes = []
    for client in clients:
        ask_for_code(client, EMAIL)
        codes.append(mailed_code())
    strangers_ask(networks)

    enter_code(clients[0], codes[0])
    clients[1].post(CODE, {"action": "resend"})
    enter_code(clients[1], mailed_code())

    assert [is_signed_in(client) for client in clients] == [True, True]


@pytest.mark.parametrize(("networks", "status"), [(1, 302), (4, 302), (10, 429), (1000, 429)])
def test_owner_in_a_new_browser_gets_in_unless_strangers_have_many_networks(
    networks: int, status: int
) -> None:
    """The price of not flooding the mailbox; the next hour, or another of the owner's browsers, helps."""
    codes = strangers_ask(networks)
    client = Client(REMOTE_ADDR="198.51.100.1")

    assert ask_for_code(client, EMAIL).status_code == status
    assert codes <= MAILS_AN_HOUR
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        assert ask_for_code(client, EMAIL).status_code == 302


def test_stranger_in_the_owners_own_network_locks_out_new_browsers_there_alone() -> None:
    client = known_client()
    strangers = Client(REMOTE_ADDR="198.51.100.77")
    for _ in range(6):
        ask_for_code(strangers, EMAIL)

    assert ask_for_code(Client(REMOTE_ADDR="198.51.100.1"), EMAIL).status_code == 429
    assert ask_for_code(Client(REMOTE_ADDR="198.51.101.1"), EMAIL).status_code == 302
    assert ask_for_code(client, EMAIL).status_code == 302


def test_strangers_cannot_use_up_the_tries_of_the_whole_network_at_entering_codes() -> None:
    client = Client()
    ask_for_code(client, EMAIL)
    code = mailed_code()
    for number in range(40):
        stranger = Client()
        ask_for_code(stranger, f"stranger{number}@example.com")
        for _ in range(3):
            enter_code(stranger, "BBBBBB")

    enter_code(client, code)

    assert is_signed_in(client)


def test_browser_known_for_one_address_is_a_stranger_to_all_others() -> None:
    client = known_client()
    strangers_ask(10, email="bob@example.com")

    assert ask_for_code(client, "bob@example.com").status_code == 429


def test_familys_browser_is_known_for_the_latest_few_addresses() -> None:
    client = Client(REMOTE_ADDR="198.51.100.1")
    emails = [f"owner{number}@example.com" for number in range(known_browser.MOST_ADDRESSES + 1)]
    for email in emails:
        sign_in(client, email)
        forget_session(client)
    for email in emails:
        strangers_ask(10, email=email)

    answers = [ask_for_code(client, email).status_code for email in emails]

    assert answers == [429] + [302] * known_browser.MOST_ADDRESSES


@pytest.mark.parametrize(
    "forge", ["", "x", "known", "0123456789abcdef.{hash}", "0123456789abcdef.{hash}:1:x"]
)
def test_cookie_nobody_signed_is_none(forge: str) -> None:
    client = Client(REMOTE_ADDR="198.51.100.1")
    client.cookies["known"] = forge.format(hash=known_browser._hashes(EMAIL)[0])
    strangers_ask(10)

    assert ask_for_code(client, EMAIL).status_code == 429


def test_known_browser_has_five_codes_as_well() -> None:
    client = known_client()

    answers = [ask_for_code(client, EMAIL).status_code for _ in range(6)]

    assert answers == [302] * 5 + [429]


def test_cookie_holds_no_address_and_is_for_the_server_alone() -> None:
    cookie = known_client().cookies["known"]

    assert "ann" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == timedelta(days=365).total_seconds()


def test_asking_for_a_code_or_a_wrong_one_makes_no_browser_known() -> None:
    make_owner(email=EMAIL)
    client = Client()
    for email in (EMAIL, "nobody@example.com"):
        ask_for_code(client, email)
        enter_code(client, "BBBBBB" if mailed_code() != "BBBBBB" else "CCCCCC")

    assert set(client.cookies) <= {"session", "csrf", "messages"}
    assert len(mail.outbox) == 2
