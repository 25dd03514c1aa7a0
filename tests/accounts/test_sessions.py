"""A session is read with its user in one query, and believed no more than Django would."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import Session, User
from onboarding_portal.accounts.sessions import SessionStore
from tests.factories import make_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored() -> SessionStore:
    session = SessionStore()
    session["car"] = "e-Golf"
    session.create()
    return session


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
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/vehicles/").status_code == 200

    User.objects.update(is_active=False)

    assert client.get("/vehicles/").status_code == 302


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_owner(email="ann@example.com"))
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/vehicles/").status_code == 200


def test_the_user_is_read_with_the_session(owner_client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):  # the session with its user, the vehicles
        assert is_signed_in(owner_client)


def test_a_session_of_another_user_opens_nothing(owner_client: Client) -> None:
    """The signed data say who it is; the column beside them is only a copy."""
    other = make_owner(email="ben@example.com")
    Session.objects.update(user=other)

    response = owner_client.get("/vehicles/")

    assert response.status_code == 200
    assert response.context["user"].email == "ann@example.com"


def test_a_session_without_its_copy_of_the_user_is_good(owner_client: Client) -> None:
    Session.objects.update(user=None)

    assert is_signed_in(owner_client)


def test_a_changed_password_ends_the_session(owner_client: Client) -> None:
    user = User.objects.get()
    user.set_password("another")
    user.save()

    assert not is_signed_in(owner_client)
    assert not Session.objects.filter(user=user).exists()


def test_a_way_of_signing_in_that_is_gone_opens_nothing(owner_client: Client, settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]

    assert not is_signed_in(owner_client)


def test_signing_out_leaves_no_session(owner_client: Client) -> None:
    owner_client.post("/accounts/logout/")

    assert not Session.objects.exists()
    assert not is_signed_in(owner_client)


def test_a_users_sessions_end_with_the_user(owner_client: Client) -> None:
    User.objects.get().delete()

    assert not Session.objects.exists()
    assert not is_signed_in(owner_client)


def test_a_session_is_not_told_by_its_key(owner_client: Client) -> None:
    session = Session.objects.get()

    assert session.session_key not in str(session)
