"""The user at ev.energy is the right one: replaced when gone or of other credentials, checked when typed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.ev_energy_user import ensure_ev_energy_user
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.onboarding.models import AttemptState
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_owner, make_staff

pytestmark = pytest.mark.django_db

EMAIL = "ann@example.com"
OLD, NEW = an_id("user", 3), an_id("user", 7)
START = "/connect/start/"


@pytest.fixture
def owner() -> User:
    return make_owner(email=EMAIL, ev_energy_user_id=OLD)


def _start(owner: User) -> HttpResponseBase:
    client = Client()
    client.force_login(owner)
    return client.post(START, {})


def _history(owner: User) -> list[str]:
    return [entry.change_message for entry in LogEntry.objects.filter(object_id=str(owner.pk))]


def _came_back_with_nothing(owner: User, state: AttemptState = AttemptState.ABANDONED) -> None:
    make_attempt(owner=owner, state=state, started_at=timezone.now() - timedelta(minutes=5))


Answer = Callable[[EvEnergyApi], Any]


def _problem(status: int) -> Answer:
    return lambda api: api.add_problem("GET", f"/users/{OLD}", status, breaks_contract=True)


GONE: dict[str, Answer] = {"404": _problem(404), "403": _problem(403)}
CANNOT_TELL: dict[str, Answer] = {
    "503": _problem(503),
    "429": _problem(429),
    "down": lambda api: api.add_failure("GET", f"/users/{OLD}", requests.ConnectionError()),
}


@pytest.mark.parametrize("state", [AttemptState.STARTED, AttemptState.ABANDONED, AttemptState.CANCELLED])
@pytest.mark.parametrize("answer", GONE.values(), ids=GONE)
def test_owner_gone_at_ev_energy_is_made_again_when_an_attempt_got_nowhere(
    owner: User, ev_energy_api: EvEnergyApi, answer: Answer, state: AttemptState
) -> None:
    _came_back_with_nothing(owner, state)
    answer(ev_energy_api)
    ev_energy_api.add_users()
    ev_energy_api.add_created_user(user_json(7, email=EMAIL))

    sent = _start(owner)

    assert NEW in sent.headers["Location"]
    owner.refresh_from_db()
    assert (owner.ev_energy_user_id, owner.ev_energy_client_id) == (NEW, "portal-client")
    assert [OLD in text for text in _history(owner)] == [True]


def test_owner_who_has_another_user_there_is_given_that_one(owner: User, ev_energy_api: EvEnergyApi) -> None:
    _came_back_with_nothing(owner)
    _problem(404)(ev_energy_api)
    ev_energy_api.add_users(user_json(7, email=EMAIL))

    assert NEW in _start(owner).headers["Location"]
    assert [request.method for request in ev_energy_api.requests] == ["GET"] * 3


@pytest.mark.parametrize("answer", CANNOT_TELL.values(), ids=CANNOT_TELL)
def test_while_ev_energy_cannot_tell_the_id_stays(
    owner: User, ev_energy_api: EvEnergyApi, answer: Answer
) -> None:
    _came_back_with_nothing(owner)
    answer(ev_energy_api)

    assert OLD in _start(owner).headers["Location"]
    assert not _history(owner)


def test_credentials_that_may_not_read_users_take_nobodys_id_away(
    owner: User, ev_energy_api: EvEnergyApi
) -> None:
    _came_back_with_nothing(owner)
    _problem(403)(ev_energy_api)
    ev_energy_api.add_problem("GET", "/users", 403, breaks_contract=True)

    assert OLD in _start(owner).headers["Location"]


def test_owner_ev_energy_still_knows_keeps_their_id(owner: User, ev_energy_api: EvEnergyApi) -> None:
    _came_back_with_nothing(owner)
    ev_energy_api.add_user(user_json(3, email=EMAIL))

    assert OLD in _start(owner).headers["Location"]


@pytest.mark.parametrize("state", [AttemptState.CONNECTED, AttemptState.RETURNED, None])
def test_nothing_is_asked_when_the_last_attempt_came_back_or_there_was_none(
    owner: User, ev_energy_api: EvEnergyApi, state: AttemptState | None
) -> None:
    if state:
        _came_back_with_nothing(owner, state)

    _start(owner)
    _start(owner)  # a double click

    assert not ev_energy_api.requests


# Other credentials


def test_id_of_other_credentials_is_not_used_but_asked_for(
    owner: User, ev_energy_api: EvEnergyApi, settings: Settings
) -> None:
    owner.unlink_from_ev_energy(ev_energy_user_id=OLD)
    owner.link_to_ev_energy(ev_energy_user_id=OLD)
    settings.EV_ENERGY_CLIENT_ID = "production-client"
    ev_energy_api.add_users()
    ev_energy_api.add_created_user(user_json(7, email=EMAIL))

    assert NEW in _start(owner).headers["Location"]

    owner.refresh_from_db()
    assert (owner.ev_energy_user_id, owner.ev_energy_client_id) == (NEW, "production-client")
    assert [OLD in text and NEW in text for text in _history(owner)] == [True]


def test_same_credentials_ask_for_nothing(owner: User, ev_energy_api: EvEnergyApi) -> None:
    owner.unlink_from_ev_energy(ev_energy_user_id=OLD)
    owner.link_to_ev_energy(ev_energy_user_id=OLD)

    assert ensure_ev_energy_user(user=owner, client=get_client()) == OLD
    assert owner.ev_energy_client_id == django_settings.EV_ENERGY_CLIENT_ID
    assert not ev_energy_api.requests


def test_query_and_property_agree_on_who_is_linked(settings: Settings) -> None:
    owners = [
        make_owner(ev_energy_client_id=client_id, **fields)
        for client_id in ("", "portal-client", "another")
        for fields in ({}, {"ev_energy_user_id": None})
    ]

    linked = set(User.objects.linked().values_list("pk", flat=True))

    assert linked == {owner.pk for owner in owners if owner.linked_user_id}
    assert set(User.objects.unlinked()) == set(owners) - set(User.objects.linked())


def test_two_at_once_after_a_change_of_credentials_end_with_one_id(owner: User, settings: Settings) -> None:
    owner.link_to_ev_energy(ev_energy_user_id=OLD)
    settings.EV_ENERGY_CLIENT_ID = "production-client"
    User.objects.update(ev_energy_client_id="portal-client")
    first, second = User.objects.get(pk=owner.pk), User.objects.get(pk=owner.pk)
    now = timezone.now()

    assert first.take_ev_energy_creation(now=now, until=now + timedelta(seconds=15))
    assert not second.take_ev_energy_creation(now=now, until=now + timedelta(seconds=15))
    assert first.link_to_ev_energy(ev_energy_user_id=NEW) == NEW
    assert second.link_to_ev_energy(ev_energy_user_id=an_id("user", 8)) == NEW


# Typed by staff


def _type(owner: User, typed: str, **fields: str) -> str:
    client = Client()
    client.force_login(make_staff(is_superuser=True))
    form = {"email": owner.email, "is_active": "on", "ev_energy_user_id": typed, **fields}
    answer = client.post(f"/admin/accounts/user/{owner.pk}/change/", form)
    owner.refresh_from_db()
    return "" if answer.status_code == 302 else answer.content.decode()


REFUSED: dict[str, tuple[str, Answer, str]] = {
    "unknown": (NEW, lambda api: api.add_problem("GET", f"/users/{NEW}", 404), "no user with this id"),
    "of others": (
        NEW,
        lambda api: api.add_problem("GET", f"/users/{NEW}", 403, breaks_contract=True),
        "no user with this id",
    ),
    "another's": (NEW, lambda api: api.add_user(user_json(7, email="bob@example.com")), "another e-mail"),
    "a look-alike's": (
        NEW,
        lambda api: api.add_user(user_json(7, email="ann@exampIe.com")),
        "another e-mail",
    ),
    "down": (
        NEW,
        lambda api: api.add_failure("GET", f"/users/{NEW}", requests.ConnectionError()),
        "cannot be asked just now",
    ),
    "no id": ("user-7", lambda api: None, "looks like"),
    "a car": (an_id("vhcl", 1), lambda api: None, "looks like"),
}


@pytest.mark.parametrize(("typed", "answer", "says"), REFUSED.values(), ids=REFUSED)
def test_typed_id_that_is_not_the_owners_is_refused_and_not_stored(
    owner: User, ev_energy_api: EvEnergyApi, typed: str, answer: Answer, says: str
) -> None:
    answer(ev_energy_api)

    page = _type(owner, typed)

    assert says in page
    assert "bob@example.com" not in page
    assert owner.ev_energy_user_id == OLD


def test_typed_id_that_is_the_owners_is_stored_with_whose_it_is(
    owner: User, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_user(user_json(7, email="ANN@Example.com"))

    assert _type(owner, f" {NEW} ") == ""
    assert (owner.ev_energy_user_id, owner.ev_energy_client_id) == (NEW, "portal-client")


def test_id_taken_out_and_id_left_alone_ask_nothing(owner: User, ev_energy_api: EvEnergyApi) -> None:
    assert _type(owner, OLD) == ""
    assert owner.ev_energy_user_id == OLD
    assert _type(owner, "") == ""
    assert owner.ev_energy_user_id is None
    assert not ev_energy_api.requests


def test_sandbox_that_answers_with_one_user_always_is_believed(
    owner: User, ev_energy_api: EvEnergyApi, settings: Settings
) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = False
    ev_energy_api.add("GET", f"/users/{NEW}", json=user_json(1))

    assert _type(owner, NEW) == ""
    assert owner.ev_energy_user_id == NEW
