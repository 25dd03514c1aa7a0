"""An owner becomes a user at ev.energy when that is first needed, and only once."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.utils import timezone

from onboarding_portal.accounts import ev_energy_user
from onboarding_portal.accounts.ev_energy_user import (
    EvEnergyUserTaken,
    UserBeingCreated,
    ensure_ev_energy_user,
)
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError, Forbidden, Invalid, RateLimited, Unavailable
from tests.ev_energy_answers import an_id, url, user_json
from tests.ev_energy_api import HEADERS, EvEnergyApi
from tests.factories import make_owner

pytestmark = pytest.mark.django_db

EMAIL = "ann@example.com"
THEIRS = user_json(7, email=EMAIL)


@pytest.fixture
def owner() -> User:
    return make_owner(email=EMAIL, ev_energy_user_id=None)


def _ensure(owner: User) -> str:
    return ensure_ev_energy_user(user=owner, client=get_client())


def _sent(api: EvEnergyApi) -> list[str | None]:
    return [request.method for request in api.requests]


def _stored(owner: User) -> str | None:
    return User.objects.get(pk=owner.pk).ev_energy_user_id


def _found_nobody_while(api: EvEnergyApi, happens: Callable[[], Any]) -> None:
    """ev.energy answers that it knows nobody of this address; `happens` is done meanwhile, by somebody else."""

    def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        happens()
        return 200, HEADERS, "[]"

    api.mock.add_callback(responses.GET, url("/users"), callback=answer, content_type="application/json")


def test_owner_ev_energy_does_not_know_is_created_there(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_created_user(THEIRS)

    assert _ensure(owner) == THEIRS["id"]

    assert _sent(ev_energy_api) == ["GET", "POST"]
    assert json.loads(ev_energy_api.requests[1].body or "") == {"email": EMAIL}
    assert _stored(owner) == THEIRS["id"]


def test_owner_ev_energy_knows_is_found_and_not_created(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users(user_json(7, email="ANN@example.com"))

    assert _ensure(owner) == THEIRS["id"]

    assert _sent(ev_energy_api) == ["GET"]
    assert _stored(owner) == THEIRS["id"]


def test_linked_owner_costs_no_request(ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner(ev_energy_user_id=an_id("user", 3))

    assert _ensure(owner) == an_id("user", 3)
    assert not ev_energy_api.requests


def test_user_of_another_address_is_never_taken(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users(user_json(8, email="mallory@example.com"))
    ev_energy_api.add_created_user(THEIRS)

    assert _ensure(owner) == THEIRS["id"]


def test_oldest_of_two_with_one_address_is_taken_and_the_log_names_no_address(
    owner: User, ev_energy_api: EvEnergyApi, caplog: pytest.LogCaptureFixture
) -> None:
    ev_energy_api.add_users(user_json(9, email=EMAIL), THEIRS)

    assert _ensure(owner) == THEIRS["id"]

    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"ev.energy has 2 users with the address of user {owner.pk}"]
    assert EMAIL not in caplog.text


def test_lost_answer_makes_no_second_user(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_failure("POST", "/users", requests.ReadTimeout())
    ev_energy_api.add_users(THEIRS)

    with pytest.raises(Unavailable):
        _ensure(owner)
    assert _stored(owner) is None

    assert _ensure(owner) == THEIRS["id"]
    assert _sent(ev_energy_api) == ["GET", "POST", "GET"]


def test_right_after_a_lost_answer_nothing_is_created_as_ev_energy_may_still_be_at_it(
    owner: User, ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ev_energy_user, "WAIT_SECONDS", 0.0)
    ev_energy_api.add_users()
    ev_energy_api.add_failure("POST", "/users", requests.ReadTimeout())

    with pytest.raises(Unavailable):
        _ensure(owner)
    with pytest.raises(UserBeingCreated) as caught:
        _ensure(owner)

    assert caught.value.can_retry
    assert _sent(ev_energy_api) == ["GET", "POST", "GET"]


def test_some_time_after_a_lost_answer_that_had_no_effect_the_owner_is_created(
    owner: User, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_failure("POST", "/users", requests.ReadTimeout())
    ev_energy_api.add_created_user(THEIRS)
    with pytest.raises(Unavailable):
        _ensure(owner)

    User.objects.update(ev_energy_creation_leased_until=timezone.now() - timedelta(seconds=1))

    assert _ensure(owner) == THEIRS["id"]


@pytest.mark.parametrize(
    ("status", "error"), [(503, Unavailable), (429, RateLimited), (403, Forbidden), (400, Invalid)]
)
def test_refusal_is_passed_on_and_the_next_try_is_free(
    owner: User, ev_energy_api: EvEnergyApi, status: int, error: type[EvEnergyError]
) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_problem("POST", "/users", status, breaks_contract=True)

    with pytest.raises(error):
        _ensure(owner)

    now = timezone.now()
    assert owner.take_ev_energy_creation(now=now, until=now)


def test_nothing_is_created_when_the_look_up_fails(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/users", 403, breaks_contract=True)

    with pytest.raises(Forbidden):
        _ensure(owner)

    assert "POST" not in _sent(ev_energy_api)


def test_address_ev_energy_says_it_has_is_looked_up_again(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_problem("POST", "/users", 400, field_errors={"email": ["Already in use."]})
    ev_energy_api.add_users(THEIRS)

    assert _ensure(owner) == THEIRS["id"]


def test_address_ev_energy_refuses_for_good_is_an_error(owner: User, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_users()
    ev_energy_api.add_problem("POST", "/users", 400, field_errors={"email": ["Enter a valid address."]})

    with pytest.raises(Invalid):
        _ensure(owner)


def test_user_of_another_owner_is_not_shared(owner: User, ev_energy_api: EvEnergyApi) -> None:
    make_owner(ev_energy_user_id=THEIRS["id"])
    ev_energy_api.add_users(THEIRS)

    with pytest.raises(EvEnergyUserTaken):
        _ensure(owner)

    assert _stored(owner) is None


def test_second_click_creates_nothing_and_ends_like_the_first(
    owner: User, ev_energy_api: EvEnergyApi
) -> None:
    def first_click_ends() -> None:
        User.objects.get(pk=owner.pk).link_to_ev_energy(ev_energy_user_id=THEIRS["id"])

    _found_nobody_while(ev_energy_api, first_click_ends)

    assert _ensure(owner) == THEIRS["id"]
    assert _sent(ev_energy_api) == ["GET"]


def test_second_click_waits_while_the_first_creates_and_says_so_if_that_takes_long(
    owner: User, ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ev_energy_user, "WAIT_SECONDS", 0.15)
    now = timezone.now()
    _found_nobody_while(
        ev_energy_api, lambda: owner.take_ev_energy_creation(now=now, until=now + timedelta(minutes=1))
    )

    with pytest.raises(UserBeingCreated):
        _ensure(owner)

    assert _sent(ev_energy_api) == ["GET"]


def test_link_made_first_holds(owner: User) -> None:
    copy = User.objects.get(pk=owner.pk)
    owner.link_to_ev_energy(ev_energy_user_id=an_id("user", 1))

    assert copy.link_to_ev_energy(ev_energy_user_id=an_id("user", 2)) == an_id("user", 1)


def test_only_one_may_create_at_a_time(owner: User) -> None:
    now = timezone.now()
    copy = User.objects.get(pk=owner.pk)

    assert owner.take_ev_energy_creation(now=now, until=now + timedelta(seconds=15))
    assert not copy.take_ev_energy_creation(now=now, until=now + timedelta(seconds=15))
    assert copy.take_ev_energy_creation(now=now + timedelta(seconds=15), until=now + timedelta(seconds=30))
