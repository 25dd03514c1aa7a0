"""Owners' pages and e-mails are in the owner's language; staff's are English."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from onboarding_portal.accounts.invitations.mail import send
from onboarding_portal.accounts.language.of_mail import language_of_mail
from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.languages import LANGUAGES, spoken
from tests.accounts.journey import ask_for_code, enter_code, mailed_code
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.8"}


def _language_of(response: Any) -> str:
    html = response.content.decode()
    return html.partition('<html lang="')[2].partition('"')[0]


def _choose(client: Client, language: str, **more: str) -> Any:
    return client.post("/language/", {"language": language, **more})


@pytest.mark.parametrize(
    ("browser", "cookie", "chosen", "found"),
    [
        ("", "", "", "en"),
        ("de-AT,de;q=0.9", "", "", "de"),
        ("pt-BR", "", "", "pt"),
        ("xx,ar;q=0.5", "", "", "ar"),
        ("ja", "", "", "en"),
        ("de", "fr", "", "fr"),
        ("de", "tlh", "", "de"),
        ("de", "../../etc", "", "de"),
        ("de", "fr", "cy", "cy"),
        ("de", "", "gone", "de"),
    ],
)
def test_owners_page_is_in_the_first_language_known(
    client: Client, browser: str, cookie: str, chosen: str, found: str
) -> None:
    client.force_login(make_owner(language=chosen))
    if cookie:
        client.cookies["language"] = cookie

    page = client.get("/vehicles/", HTTP_ACCEPT_LANGUAGE=browser)

    assert _language_of(page) == found
    assert page["Content-Language"] == found
    assert 'dir="rtl"' in page.content.decode() if found == "ar" else 'dir="ltr"' in page.content.decode()
    assert translation.get_language() == "en"  # the thread's next answer begins anew


def test_staffs_pages_are_english_whatever_was_chosen(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True, language="de"))
    _choose(client, "fr")

    page = client.get("/admin/", **GERMAN)

    assert page["Content-Language"] == "en"
    assert 'lang="en' in page.content.decode()


def test_choice_of_a_visitor_is_kept_in_the_browser_and_leads_back(client: Client) -> None:
    answer = _choose(client, "el", next="/accounts/login/?next=/connect/")

    assert answer["Location"] == "/accounts/login/?next=/connect/"
    assert _language_of(client.get("/", **GERMAN)) == "el"
    assert not User.objects.exists()


def test_choice_of_an_owner_is_kept_with_the_account(client: Client) -> None:
    owner = make_owner()
    client.force_login(owner)

    _choose(client, "cy")

    owner.refresh_from_db()
    assert owner.language == "cy"
    elsewhere = Client()
    elsewhere.force_login(owner)
    assert _language_of(elsewhere.get("/vehicles/", **GERMAN)) == "cy"


@pytest.mark.parametrize("language", ["", "tlh", "EN-XX", "de\x00", "de'--", "x" * 5000])
def test_language_that_is_none_changes_nothing(client: Client, language: str) -> None:
    owner = make_owner(language="pl")
    client.force_login(owner)

    answer = _choose(client, language)

    owner.refresh_from_db()
    assert (answer.status_code, owner.language) == (400, "pl")
    assert "language" not in client.cookies or not client.cookies["language"].value


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "http://testserver/", "javascript:1", "", "\\\\evil"],
)
def test_choice_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assert _choose(client, "de", next=elsewhere)["Location"] == "/"


def test_choice_needs_the_token_of_its_form() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert _choose(strict, "de").status_code == 403
    assert not strict.cookies.get("language")


def test_every_page_of_owners_has_the_choice_in_all_languages(client: Client, settings: Any) -> None:
    page = client.get("/accounts/login/?next=/connect/").content.decode()

    for code, name in settings.LANGUAGES:
        assert f'<option value="{code}" lang="{code}"' in page
        assert f">{name}</option>" in page
    assert 'name="next" value="/accounts/login/?next=/connect/"' in page


@pytest.mark.parametrize("path", ["/accounts/login/", "/language/"])
def test_every_language_has_its_own_name_whatever_the_page_speaks(client: Client, path: str) -> None:
    page = client.get(path, **GERMAN).content.decode()

    for code, name in LANGUAGES:
        assert re.search(rf'<(option|button)[^>]* value="{code}"[^>]*>{name}</\1>', page), name


def test_signing_in_keeps_the_language_for_emails(client: Client) -> None:
    client.defaults.update(GERMAN)
    ask_for_code(client, "ann@example.com")
    enter_code(client, mailed_code())

    owner = User.objects.get(email="ann@example.com")
    assert (owner.language, owner.seen_language) == ("", "de")
    assert language_of_mail(to=owner) == "de"


def test_what_was_chosen_before_signing_in_is_the_owners_choice(client: Client) -> None:
    _choose(client, "fi")
    ask_for_code(client, "ann@example.com")
    enter_code(client, mailed_code())

    assert User.objects.get(email="ann@example.com").language == "fi"


def test_owners_own_choice_is_not_lost_in_a_browser_where_another_was_made(client: Client) -> None:
    make_owner(email="ann@example.com", language="nb")
    _choose(client, "fi")
    ask_for_code(client, "ann@example.com")
    enter_code(client, mailed_code())

    assert User.objects.get(email="ann@example.com").language == "nb"
    client.post("/accounts/logout/")
    assert _language_of(client.get("/")) == "nb"


@pytest.mark.parametrize(
    ("owner", "named", "in_force", "found"),
    [
        ({"language": "cs", "seen_language": "de"}, "fr", "it", "cs"),
        ({"seen_language": "de"}, "fr", "it", "de"),
        ({}, "fr", "it", "fr"),
        ({}, "no", "it", "nb"),
        ({}, "tlh", "it", "it"),
        (None, "pt-BR", "it", "pt"),
        (None, "", "it", "it"),
        ({"is_staff": True, "language": "cs"}, "fr", "it", "en"),
    ],
)
def test_emails_are_in_the_first_language_known(
    owner: dict[str, Any] | None, named: str, in_force: str, found: str
) -> None:
    with translation.override(in_force):
        to = None if owner is None else make_owner(**owner)
        assert language_of_mail(to=to, invitation=Invitation(language=named)) == found


def _language_of_mail() -> str:
    html = str(mail.outbox[-1].alternatives[0].content)
    return html.partition('<html lang="')[2].partition('"')[0]


def test_invitation_is_in_the_language_staff_named_and_so_are_the_pages_that_follow(client: Client) -> None:
    invitation, token = Invitation.objects.invite(
        email="ann@example.com", invited_by=None, now=timezone.now()
    )
    invitation.language = "es"
    invitation.save()
    send(invitation=invitation, token=token)
    assert _language_of_mail() == "es"

    assert _language_of(client.get(f"/invite/{token}/", **GERMAN)) == "es"
    client.post(f"/invite/{token}/", **GERMAN)
    assert _language_of_mail() == "es"
    assert _language_of(client.get("/accounts/login/code/", **GERMAN)) == "es"
    _choose(client, "sv")
    assert _language_of(client.get(f"/invite/{token}/", **GERMAN)) == "sv"


def test_code_is_in_the_language_of_the_page_it_was_asked_for_on(client: Client) -> None:
    make_owner(email="ann@example.com", seen_language="fr")
    make_owner(email="bea@example.com", language="hu")
    client.defaults.update(GERMAN)

    ask_for_code(client, "ann@example.com")
    assert _language_of_mail() == "de"
    ask_for_code(client, "bea@example.com")
    assert _language_of_mail() == "hu"


def test_emails_of_staff_are_english() -> None:
    with translation.override("de"):
        send_mail(template="accounts/email/no_password", to="x@example.com", context={})

    assert _language_of_mail() == "en"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("de", "de"),
        ("DE_at", "de"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("tlh", ""),
        ("", ""),
        (None, ""),
        ("/", ""),
    ],
)
def test_languages_are_known_by_other_codes(code: object, found: str) -> None:
    assert spoken(code) == found
