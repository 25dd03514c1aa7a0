"""A code is accepted however people paste it, and what has no code in it costs no try."""

import re

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.accounts.sign_in.code import code_in, new_code
from tests.accounts.journey import CODE, ask_for_code, enter_code, is_signed_in, mailed_code, wrong_code
from tests.accounts.test_addresses import real_mail

CODES = {
    "BCDFGH": "as it is",
    "bcdfgh": "lower case",
    " BCDFGH\n": "white space",
    "BCD FGH": "a space",
    "B C D F G H": "spaces",
    "BCD\u00a0FGH": "a no-break space",
    "BCD\u2009FGH": "a thin space",
    "BCD-FGH": "a hyphen",
    "BCD\u2011FGH": "a no-break hyphen",
    "BCD\u2013FGH": "an en dash",
    "BCD\u2212FGH": "a minus",
    "BCD_FGH": "an underscore",
    "BCD\u00adFGH": "a soft hyphen",
    "\u200bBCDFGH\ufeff": "zero width",
    "\u2068BCDFGH\u2069": "direction isolates",
    "ＢＣＤＦＧＨ": "full width",
    "ｂｃｄ　ｆｇｈ": "full width with an ideographic space",
    "Code: BCDFGH": "a label",
    "BCDFGH.": "a full stop",
    "“BCDFGH”": "quotes",
    "BCDFGH is your Brightfield Energy sign-in code": "the subject",
    "Re: BCDFGH is your Brightfield Energy sign-in code": "the subject of a reply",
    "Your code is BCD FGH, it works for 15 minutes": "a sentence with the code in two pieces",
    "Sign in to Brightfield\n\n    BCDFGH\n\nIt works for 15 minutes.": "the message",
}
NO_CODES = [
    *(
        "",
        "   ",
        "code",
        "BCDFG",
        "BCDFGHJ",
        "123456",
        "１２３４５６",
        "ABCDEF",
        "-",
        "\u200b",
        "ann@example.com",
    ),
    *("I have no code", "Your sign-in code works for 15 minutes", "http://testserver/accounts/login/code/"),
]


@pytest.mark.parametrize("pasted", CODES, ids=CODES.values())
def test_code_is_found_in_whatever_was_pasted(pasted: str) -> None:
    assert code_in(pasted) == "BCDFGH"


@pytest.mark.parametrize("pasted", NO_CODES)
def test_there_is_no_code_where_none_is(pasted: str) -> None:
    assert code_in(pasted) == ""


def test_every_code_that_is_made_is_found() -> None:
    codes = {new_code() for _ in range(1000)}

    assert all(code_in(code) == code for code in codes)
    assert len(codes) > 990


@pytest.mark.django_db
@pytest.mark.parametrize("pasted", CODES, ids=CODES.values())
def test_owner_is_let_in_with_the_code_as_pasted(client: Client, pasted: str) -> None:
    ask_for_code(client, "ann@example.com")
    code = mailed_code()
    table = str.maketrans("BCDFGHbcdfghＢＣＤＦＧＨｂｃｄｆｇｈ", code + code.lower() + code + code)

    # The words around the code have the same letters; only whole pieces of it are replaced.
    entered = re.sub(r"(?i)[BＢ]\W*_?[CＣ]\W*_?[DＤ]\W*_?[FＦ]\W*_?[GＧ]\W*_?[HＨ]", _swap(table), pasted)
    enter_code(client, entered)

    assert is_signed_in(client)


def _swap(table: dict[int, int]):  # type: ignore[no-untyped-def]  # a decorator
    return lambda found: found.group().translate(table)


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["subject", "body"])
def test_whole_parts_of_the_real_mail_can_be_pasted(client: Client, settings: Settings, part: str) -> None:
    with real_mail(settings) as server:
        ask_for_code(client, "ann@example.com")
    message = server.mails_to("ann@example.com")[0]
    body = message.get_body(("plain",))
    assert body is not None

    enter_code(client, str(message["Subject"]) if part == "subject" else body.get_content())

    assert is_signed_in(client)


@pytest.mark.django_db
def test_what_has_no_code_in_it_costs_no_try_and_says_so(client: Client) -> None:
    ask_for_code(client, "ann@example.com")

    for pasted in NO_CODES:
        answer = enter_code(client, pasted)
        assert answer.status_code == 200
        assert re.search("no code in this|Enter the code", answer.content.decode())
    enter_code(client, mailed_code())

    assert is_signed_in(client)


@pytest.mark.django_db
def test_after_three_wrong_codes_a_new_one_is_one_button(client: Client) -> None:
    ask_for_code(client, "ann@example.com", next="/connect/")
    for _ in range(3):
        answer = enter_code(client, wrong_code(), next="/connect/")

    page = client.get(answer["Location"])
    sent = client.post(CODE, {"action": "resend", "next": page.context["next_url"]})
    entered = enter_code(client, mailed_code(), next="/connect/")

    assert "wrong too often" in page.content.decode()
    assert "ann@example.com" in page.content.decode()
    assert 'name="email"' not in page.content.decode()
    assert sent["Location"] == f"{CODE}?next=%2Fconnect%2F"
    assert [message.to for message in mail.outbox] == [["ann@example.com"]] * 2
    assert entered["Location"] == "/connect/"
    assert is_signed_in(client)


@pytest.mark.django_db
def test_after_its_time_a_new_code_is_one_button_too(client: Client) -> None:
    with time_machine.travel("2026-03-14 09:30:00+00:00", tick=False) as clock:
        ask_for_code(client, "ann@example.com")
        clock.shift(16 * 60)
        answer = enter_code(client, mailed_code())
        page = client.get(answer["Location"]).content.decode()
        client.post(CODE, {"action": "resend"})
        enter_code(client, mailed_code())

        assert "You need a new code" in page
        assert is_signed_in(client)


@pytest.mark.django_db
def test_that_button_counts_as_asking(client: Client) -> None:
    for _ in range(5):
        ask_for_code(client, "ann@example.com")
    for _ in range(3):
        enter_code(client, wrong_code())

    page = client.post(CODE, {"action": "resend"}, follow=True).content.decode()

    assert "Too many codes" in page
    assert len(mail.outbox) == 5


@pytest.mark.django_db
def test_who_signed_in_leaves_no_address_behind_for_the_next_at_this_computer(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    enter_code(client, mailed_code())
    client.post("/accounts/logout/")

    assert client.get(CODE)["Location"] == "/accounts/login/"
