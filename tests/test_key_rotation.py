"""What was made under a former SECRET_KEY stays good while that key is among SECRET_KEY_FALLBACKS, and not after."""

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.known_browser import known_browser, remember_browser
from onboarding_portal.accounts.models import Invitation
from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.reconnects.mailed.sign_of_a_person import (
    FIELD,
    has_sign,
    leave_sign,
    sign_for_form,
)
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.owner.coming_back import departures_of, remember
from tests.accounts.journey import ask_for_code, enter_code, is_signed_in, mailed_code
from tests.factories import make_owner
from tests.reconnects.rows import make_emailed

pytestmark = pytest.mark.django_db

OLD = django_settings.SECRET_KEY
NEW = "Zx9-Qw8_Er7-Ty6_Ui5-Op4_As3-Df2_Gh1-Jk0_Lz9-Xc8_Vb7-Nm6"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Opens = Callable[[], bool]


def a_session() -> Opens:
    client = Client()
    client.force_login(make_owner(), backend=BACKEND)
    return lambda: is_signed_in(client)


def a_code_under_way() -> Opens:
    client = Client()
    ask_for_code(client, "ann@example.com")
    code = mailed_code()

    def opens() -> bool:
        enter_code(client, code)
        return is_signed_in(client)

    return opens


def an_invitation() -> Opens:
    _, token = Invitation.objects.invite(email="bob@example.com", invited_by=None, now=timezone.now())
    return lambda: Client().get(f"/invite/{token}/").status_code == 200


def a_lasting_link() -> Opens:
    _, token = make_emailed()
    return lambda: Client().get(reverse("reconnects:lasting", args=[token])).status_code != 404


def an_unsubscribe_link() -> Opens:
    path = unsubscribe_url(owner=make_owner()).removeprefix(django_settings.PORTAL_URL)
    return lambda: Client().get(path).status_code == 200


def a_known_browser() -> Opens:
    response = HttpResponse()
    remember_browser(RequestFactory().get("/"), response, email="ann@example.com")
    return lambda: bool(known_browser(_with(response.cookies), email="ann@example.com"))


def a_browser_that_left_to_reconnect() -> Opens:
    reconnect, _ = make_emailed()
    response = HttpResponse()
    remember(response, request=RequestFactory().get("/"), reconnect=reconnect)
    return lambda: bool(departures_of(_with(response.cookies)))


def a_page_with_the_button() -> Opens:
    response = HttpResponse()
    leave_sign(response)
    return lambda: has_sign(_with(response.cookies), token="a-token")


def the_second_button() -> Opens:
    fields = {FIELD: sign_for_form(token="a-token")}
    return lambda: has_sign(RequestFactory().post("/", fields), token="a-token")


def _with(cookies: SimpleCookie) -> Any:
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in cookies.items()}
    return request


KINDS = [
    a_session,
    a_code_under_way,
    an_invitation,
    a_lasting_link,
    an_unsubscribe_link,
    a_known_browser,
    a_browser_that_left_to_reconnect,
    a_page_with_the_button,
    the_second_button,
]
# Which keys the process has that reads; all was made with OLD.
PHASES: dict[str, tuple[str, list[str], bool]] = {
    "1 new one announced": (OLD, [NEW], True),
    "2 changed": (NEW, [OLD], True),
    "3 old one forgotten": (NEW, [], False),
}


@pytest.fixture(params=PHASES)
def phase(request: pytest.FixtureRequest) -> Iterator[str]:
    return request.param


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_what_was_made_under_a_former_key(
    make: Callable[[], Opens], phase: str, settings: Settings, table_cell: Callable[..., None]
) -> None:
    key, former, is_good = PHASES[phase]
    table_cell(
        "A new SECRET_KEY",
        row=make.__name__.replace("_", " "),
        column=phase,
        says="opens" if is_good else "ended",
    )
    opens = make()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, former

    assert opens() is is_good


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_processes_of_before_the_change_read_what_those_after_it_make(
    make: Callable[[], Opens], settings: Settings
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    opens = make()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, [NEW]

    assert opens()


def test_what_was_spent_of_the_budget_is_not_forgotten(settings: Settings) -> None:
    get_budget().reserve()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []

    assert get_budget().snapshot().used == 1
