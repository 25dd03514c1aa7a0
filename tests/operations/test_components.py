"""The living page: every part in every state, from the real templates, on a developer's machine alone."""

import re
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.operations.components.mails import EXAMPLES
from onboarding_portal.operations.components.rows import CONDITIONS, PROGRESS_KINDS, parts
from onboarding_portal.vehicles.conditions import Condition

PAGE = "/brand/components/"
STYLESHEET = (django_settings.BASE_DIR / "static/portal.css").read_text()
TEMPLATES = django_settings.BASE_DIR / "templates"
NOT_OF_A_PART = {"hero"}  # of one page


@pytest.fixture
def page(client: Client, settings: Settings) -> str:
    settings.DEBUG = True
    return client.get(PAGE, {"scheme": "dark", "dir": "rtl"}).content.decode()


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}mail/?kind=accounts/email/no_code"])
def test_nobody_sees_it_where_debug_is_off(client: Client, settings: Settings, path: str) -> None:
    assert client.get(path).status_code == 404

    settings.DEBUG = True
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405


def test_every_condition_of_a_car_is_there_and_looks_so(page: str) -> None:
    cards = parts(now=timezone.now())["cards"]

    assert [card.condition for card in cards] == list(CONDITIONS)
    assert set(CONDITIONS) == set(Condition)
    for condition in Condition:
        assert f">{condition.label}</span>" in page


def test_every_state_of_a_reconnect_says_something(page: str) -> None:
    notices = re.findall(r'<div class="notice[^>]*>\s*<strong data-news>', page)

    assert len(notices) >= len(PROGRESS_KINDS)


def test_every_class_of_the_vocabulary_is_there(page: str) -> None:
    vocabulary = STYLESHEET.partition("Vocabulary")[2].partition("*/")[0]
    named = set(re.findall(r"\.([a-z][a-z-]+)", vocabulary)) - NOT_OF_A_PART
    used = {each for classes in re.findall(r'class="([^"]*)"', page) for each in classes.split()}

    assert len(named) > 30
    assert named - used == set()


@pytest.mark.parametrize("room", ["readiness", "reconnects/helper", "accounts/own_place", "consents"])
def test_every_part_of_these_rooms_is_there(client: Client, settings: Settings, room: str) -> None:
    settings.DEBUG = True
    shown = {template.name for template in client.get(PAGE, {"scheme": "dark", "dir": "rtl"}).templates}

    parts_of_room = {f"{room}/{each.name}" for each in (TEMPLATES / room).glob("_*.html")}

    assert parts_of_room
    assert parts_of_room - shown == set()


@pytest.mark.parametrize(
    ("query", "looks"), [({}, 4), ({"scheme": "dark"}, 2), ({"dir": "rtl"}, 2), ({"scheme": "odd"}, 0)]
)
def test_all_looks_stand_beside_one_another_or_one_alone(
    client: Client, settings: Settings, query: dict[str, str], looks: int
) -> None:
    settings.DEBUG = True

    assert client.get(PAGE, query).content.decode().count('<div class="look ') == looks


def test_each_mail_is_shown_as_it_is_sent(client: Client, settings: Settings, page: str) -> None:
    for kind, examples in EXAMPLES.items():
        for example in examples:
            address = f"{PAGE}mail/?{urlencode({'kind': kind, 'example': example})}"
            assert client.get(address).status_code == 200
    text = client.get(f"{PAGE}mail/", {"kind": "account/email/login_code", "text": ""})

    assert "KRTWXZ" in text.content.decode()
    assert client.get(f"{PAGE}mail/", {"kind": "nothing"}).status_code == 404
