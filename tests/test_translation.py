"""Every text an owner sees is marked for translation: in a language made of brackets, no word stands outside them."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding_portal.onboarding.models import AttemptState
from tests.factories import make_attempt, make_make, make_model, make_owner, make_trim, make_vehicle

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["xgettext", "msgen", "msgfilter", "msgfmt"]
LANGUAGE = "eo"
OPEN, CLOSE = "⟦", "⟧"
# What is data, not text: the company, its address, an owner, a car.
DATA = ["Brightfield Energy", "help@brightfield.example", "anna@example.com", "Volvo", "EX30", "Twin Motor"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        os.environ.get("CI") != "true" and not all(map(shutil.which, TOOLS)),
        reason="Needs gettext's tools: apt-get install gettext",
    ),
]


@pytest.fixture(scope="session")
def brackets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder of translations in which each message is itself in brackets."""
    copy = tmp_path_factory.mktemp("portal")
    for name in ("onboarding_portal", "templates"):
        shutil.copytree(ROOT / name, copy / name)
    (copy / "tests").mkdir()
    for name in ("manage.py", "tests/__init__.py", "tests/settings.py"):
        shutil.copy(ROOT / name, copy / name)
    messages = copy / "locale" / LANGUAGE / "LC_MESSAGES"
    messages.mkdir(parents=True)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    def run(*command: str, cwd: Path = messages) -> None:
        subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True)

    run(sys.executable, "manage.py", "makemessages", "-l", LANGUAGE, cwd=copy)
    run("msgen", "-o", "filled.po", "django.po")
    run(
        "msgfilter", "--keep-header", "-i", "filled.po", "-o", "django.po", "sed", f"s/^/{OPEN}/;s/$/{CLOSE}/"
    )
    run("msgfmt", "-o", "django.mo", "django.po")
    return copy / "locale"


@pytest.fixture(autouse=True)
def _speak_in_brackets(brackets: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [brackets]
    settings.LANGUAGES = [(LANGUAGE, LANGUAGE)]
    settings.LANGUAGE_CODE = LANGUAGE


class Words(HTMLParser):
    """The words of a page that are in no brackets, in texts and in the attributes that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text = ""
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in {"script", "style", "code"}
        for name, value in attrs:
            if name in {"alt", "aria-label", "placeholder", "title"}:
                self._text += f" {value} "

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self._text += data

    def outside_brackets(self) -> list[str]:
        text = self._text
        while OPEN in text and (shorter := re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text)) != text:
            text = shorter
        for data in DATA:
            text = text.replace(data, " ")
        return re.findall(r"[^\W\d_]{2,}", text)


def words_outside_brackets(response: Any) -> list[str]:
    page = Words()
    html = response.content.decode()
    assert OPEN in html
    page.feed(html)
    return page.outside_brackets()


def test_a_text_outside_brackets_is_found() -> None:
    page = Words()
    page.feed(f'<p>{OPEN}Hello {OPEN}inner{CLOSE}{CLOSE} <img alt="forgotten"> there</p>')

    assert page.outside_brackets() == ["forgotten", "there"]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nowhere/", "/reconnect/unknown-token/"])
def test_visitors_read_translated_pages(client: Client, path: str) -> None:
    assert words_outside_brackets(client.get(path)) == []


def test_owners_read_translated_pages(client: Client) -> None:
    owner = make_owner(email="anna@example.com")
    trim = make_trim(onboardable=True, model=make_model(make=make_make(subscription_name="Volvo")))
    unsupported = make_trim(model=make_model(make=make_make()))
    vehicle = make_vehicle(owner=owner, make=trim.model.make, model=trim.model)
    stale = make_vehicle(
        owner=owner, integration="INACTIVE", stale_since=timezone.now(), stale_reason="CONNECTION_LOST"
    )
    attempts = [
        make_attempt(owner=owner, state=state, returned_at=timezone.now())
        for state in AttemptState
        if state != AttemptState.STARTED
    ]
    client.force_login(owner)
    paths = [
        "/vehicles/",
        f"/vehicles/{vehicle.pk}/",
        f"/vehicles/{stale.pk}/",
        "/connect/",
        "/connect/?q=zzz",
        "/connect/?q=volvo",
        f"/connect/{trim.model.make_id}/",
        f"/connect/{trim.model.make_id}/{trim.model_id}/",
        f"/connect/{trim.model.make_id}/{trim.model_id}/{trim.pk}/",
        f"/connect/{unsupported.model.make_id}/{unsupported.model_id}/",
        "/connect/waitlist/",
        *(f"/connect/return/{attempt.pk}/" for attempt in attempts),
    ]

    untranslated = {path: words_outside_brackets(client.get(path)) for path in paths}

    assert {path: words for path, words in untranslated.items() if words} == {}
