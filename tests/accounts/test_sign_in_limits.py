"""How often somebody may ask, from where, and what happens when mail does not go out."""

import smtplib
from collections.abc import Sequence

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from pytest_django import Settings

from tests.accounts.journey import CODE, ask_for_code, enter_code, is_signed_in, mailed_code

pytestmark = pytest.mark.django_db


class MailServerDown(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ConnectionRefusedError("ann@example.com: no")


class MailServerRefusing(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({"ann@example.com": (550, b"no such user")})


BROKEN_BACKENDS = [f"{__name__}.MailServerDown", f"{__name__}.MailServerRefusing"]


def test_one_network_gets_five_codes_for_an_address_in_a_quarter_of_an_hour() -> None:
    answers = [ask_for_code(Client(REMOTE_ADDR=f"192.0.2.{n}"), "ann@example.com") for n in range(7)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 2
    assert "Too many codes" in answers[-1].content.decode()
    assert len(mail.outbox) == 5


def test_sending_again_counts_as_asking_and_one_more_goes_to_who_holds_a_code() -> None:
    for n in range(4):
        ask_for_code(Client(REMOTE_ADDR=f"192.0.2.{n}"), "ann@example.com")
    client = Client(REMOTE_ADDR="192.0.2.9")
    ask_for_code(client, "ann@example.com")

    answers = [client.post(CODE, {"action": "resend"}, follow=True) for _ in range(3)]

    assert ["No more codes" in each.content.decode() for each in answers] == [False, True, True]
    assert len(mail.outbox) == 6


def test_limit_of_one_address_is_no_limit_for_another(client: Client) -> None:
    for _ in range(6):
        ask_for_code(client, "ann@example.com")

    assert ask_for_code(client, "bob@example.com").status_code == 302


def test_one_network_address_cannot_mail_the_whole_world(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"request_login_code": "3/15m/ip"}

    answers = [ask_for_code(client, f"owner{n}@example.com").status_code for n in range(4)]

    assert answers == [302, 302, 302, 429]


def test_writing_x_forwarded_for_oneself_does_not_lift_the_limit(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"request_login_code": "3/15m/ip"}
    settings.TRUSTED_PROXY_COUNT = 1

    answers = [
        client.post(
            "/accounts/login/",
            {"email": f"owner{n}@example.com"},
            headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.7"},
        ).status_code
        for n in range(4)
    ]

    assert answers == [302, 302, 302, 429]


@pytest.mark.parametrize("backend", BROKEN_BACKENDS)
def test_mail_that_cannot_be_sent_is_said_and_can_be_tried_again(
    client: Client, settings: Settings, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, backend

    failed = ask_for_code(client, "ann@example.com")

    assert failed.status_code == 503
    assert "could not be sent" in failed.content.decode()
    assert 'value="ann@example.com"' in failed.content.decode()
    assert "ann@example.com" not in caplog.text
    assert client.get(CODE).status_code == 302
    settings.EMAIL_BACKEND = working
    assert ask_for_code(client, "ann@example.com").status_code == 302


def test_code_stays_good_when_the_next_one_cannot_be_sent(client: Client, settings: Settings) -> None:
    ask_for_code(client, "ann@example.com")
    code = mailed_code()
    settings.EMAIL_BACKEND = BROKEN_BACKENDS[0]

    response = client.post(CODE, {"action": "resend"}, follow=True)
    enter_code(client, code)

    assert "could not be sent" in response.content.decode()
    assert is_signed_in(client)
