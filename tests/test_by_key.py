from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.sessions import SessionStore
from onboarding_portal.by_key import by_key
from onboarding_portal.catalogue.models import Make
from tests.factories import make_id, make_make, make_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored() -> SessionStore:
    session = SessionStore()
    session["car"] = "e-Golf"
    session.create()
    return session


def test_a_row_read_by_its_key_is_the_one_django_reads(django_assert_num_queries) -> None:
    owner = make_owner()
    make_owner()

    with django_assert_num_queries(1):
        found = by_key(User, owner.pk)

    assert found is not None
    expected = User.objects.get(pk=owner.pk)
    fields = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(found, name) for name in fields] == [getattr(expected, name) for name in fields]
    assert not found.get_deferred_fields()


@pytest.mark.parametrize("key", ["", "' OR 1=1 --", "%s", make_id("vmak")])
def test_a_key_nobody_has_finds_nothing(key: str) -> None:
    make_make()

    assert by_key(Make, key) is None


def test_a_session_is_read_back(stored: SessionStore) -> None:
    assert SessionStore(stored.session_key)["car"] == "e-Golf"


def test_a_session_that_ran_out_is_empty_and_its_key_is_not_used_again(stored: SessionStore) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    session = SessionStore(stored.session_key)

    assert session.get("car") is None
    assert session.session_key is None


@pytest.mark.parametrize("key", ["k" * 32, "\x00" * 32, "' OR 1=1 --"])
def test_a_key_without_a_session_is_not_used_again(stored: SessionStore, key: str) -> None:
    session = SessionStore(key)

    assert session.get("car") is None
    assert session.session_key is None


def test_an_owner_switched_off_is_no_longer_signed_in(client) -> None:
    owner = make_owner()
    client.force_login(owner, backend="onboarding_portal.accounts.backends.CodeBackend")
    assert client.get("/vehicles/").status_code == 200

    User.objects.update(is_active=False)

    assert client.get("/vehicles/").status_code == 302
