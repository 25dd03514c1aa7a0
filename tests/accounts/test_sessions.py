"""Sessions are Django's own; a user's end when the user, the password or the nonce is another."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from onboarding_portal.accounts.models import User
from tests.factories import make_owner

pytestmark = pytest.mark.django_db

CODE_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def owner() -> User:
    return make_owner(email="ann@example.com")


@pytest.fixture
def owner_client(client: Client, owner: User) -> Client:
    client.force_login(owner, backend=CODE_BACKEND)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/vehicles/").status_code == 200


@pytest.mark.parametrize("key", ["k" * 32, '"' + r"\000" * 32 + '"', "' OR 1=1 --"])
def test_a_key_without_a_session_opens_nothing(client: Client, key: str) -> None:
    client.cookies.load({"session": "x"})
    client.cookies["session"].set("session", key, key)  # as a browser may send it: quoted, with escapes

    assert not is_signed_in(client)


def test_an_owner_switched_off_is_no_longer_signed_in(owner_client: Client) -> None:
    assert is_signed_in(owner_client)

    User.objects.update(is_active=False)

    assert not is_signed_in(owner_client)


def test_all_sessions_of_a_user_can_be_ended(owner_client: Client, owner: User) -> None:
    phone, other_client = Client(), Client()
    phone.force_login(owner, backend=CODE_BACKEND)
    other_client.force_login(make_owner(), backend=CODE_BACKEND)
    password = owner.password

    owner.end_sessions()

    assert [is_signed_in(client) for client in (owner_client, phone, other_client)] == [False, False, True]
    assert User.objects.get(pk=owner.pk).password == password


def test_sessions_outlive_a_new_secret_key_while_the_old_one_is_named(owner_client: Client, settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-tests-only-" + "x" * 40

    assert is_signed_in(owner_client)

    settings.SECRET_KEY_FALLBACKS = []

    assert is_signed_in(owner_client)  # the hash was made anew with the new key


def test_sessions_end_with_the_secret_key_they_were_made_with(owner_client: Client, settings) -> None:
    settings.SECRET_KEY = "another-key-for-tests-only-" + "x" * 40

    assert not is_signed_in(owner_client)


def test_sessions_of_an_old_secret_key_can_be_ended_too(owner_client: Client, owner: User, settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-tests-only-" + "x" * 40

    owner.end_sessions()

    assert not is_signed_in(owner_client)


def test_a_changed_password_ends_the_session(owner_client: Client) -> None:
    user = User.objects.get()
    user.set_password("another")
    user.save()

    assert not is_signed_in(owner_client)
    assert not Session.objects.exists()


def test_a_way_of_signing_in_that_is_gone_opens_nothing(owner_client: Client, settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]

    assert not is_signed_in(owner_client)


def test_signing_out_leaves_no_session(owner_client: Client) -> None:
    owner_client.post("/accounts/logout/")

    assert not Session.objects.exists()
    assert not is_signed_in(owner_client)


def test_a_users_sessions_end_with_the_user(owner_client: Client) -> None:
    User.objects.get().delete()

    assert not is_signed_in(owner_client)
