"""Sessions are Django's own; a user's end when the user, the password or the nonce is another."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from tests.accounts.journey import sign_in
from tests.factories import make_owner, make_staff

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


# Access that is taken away and given back


def by_saving(user: User, **values: object) -> None:
    for name, value in values.items():
        setattr(user, name, value)
    user.save()


def by_saving_these_fields(user: User, **values: object) -> None:
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=list(values))


def by_a_row_read_long_ago(user: User, **values: object) -> None:
    stale = User(**{field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields})
    stale._state.adding = False
    by_saving(stale, **values)


def by_query(user: User, **values: object) -> None:
    User.objects.filter(pk=user.pk).update(**values)


def in_bulk(user: User, **values: object) -> None:
    for name, value in values.items():
        setattr(user, name, value)
    User.objects.bulk_update([user], list(values))


def by_a_form_of_the_admin(user: User, **values: object) -> None:
    boss = Client()
    boss.force_login(make_staff(is_superuser=True))
    form = {"email": user.email, "is_active": True, "is_staff": user.is_staff, **values}
    on = {name: "on" if value is True else value for name, value in form.items() if value is not False}
    answer = boss.post(f"/admin/accounts/user/{user.pk}/change/", {"ev_energy_user_id": "", **on})
    assert answer.status_code == 302, answer.context["errors"]


Way = Callable[..., None]
WAYS: list[Way] = [by_saving, by_saving_these_fields, by_query, in_bulk, by_a_form_of_the_admin]


@pytest.mark.parametrize("give_back", [by_saving, by_query], ids=lambda way: way.__name__)
@pytest.mark.parametrize("take", [*WAYS, by_a_row_read_long_ago], ids=lambda way: way.__name__)
@pytest.mark.parametrize("what", ["is_active", "is_staff"])
def test_what_is_given_back_brings_no_session_back(what: str, take: Way, give_back: Way) -> None:
    user = make_staff() if what == "is_staff" else make_owner(ev_energy_user_id=None)
    client, page = Client(), "/admin/" if what == "is_staff" else "/vehicles/"
    client.force_login(user)
    assert client.get(page).status_code == 200

    take(user, **{what: False})
    give_back(User.objects.get(pk=user.pk), **{what: True})

    assert client.get(page).status_code == 302


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_another_address_ends_the_sessions(change: Way) -> None:
    owner, client = make_owner(ev_energy_user_id=None), Client()
    client.force_login(owner, backend=CODE_BACKEND)

    change(owner, email="another@example.com")

    assert User.objects.get(pk=owner.pk).email == "another@example.com"
    assert not is_signed_in(client)


@pytest.mark.parametrize("change", [by_saving, by_saving_these_fields, by_query])
@pytest.mark.parametrize("values", [{"wants_reminders": False}, {"is_active": True}, {"is_staff": True}])
def test_other_changes_end_no_session(
    owner_client: Client, owner: User, change: Way, values: dict[str, bool]
) -> None:
    change(owner, **values)

    assert is_signed_in(owner_client)


# Staff's sessions


def test_staffs_session_ends_with_the_browser_and_after_twelve_hours() -> None:
    make_staff(email="sam@example.com")
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post("/admin/login/", {"username": "sam@example.com", "password": "staff-password"})
        cookie = client.cookies["session"]
        session = Session.objects.get()
        assert (cookie["max-age"], cookie["expires"]) == ("", "")
        assert session.expire_date == timezone.now() + timedelta(hours=12)

        clock.shift(timedelta(hours=11))
        store = client.session
        store["used"] = "late"
        store.save()
        assert client.get("/admin/").status_code == 200
        assert Session.objects.get().expire_date == session.expire_date

        clock.shift(timedelta(hours=1, seconds=1))
        assert client.get("/admin/").status_code == 302
        assert client.get("/vehicles/").status_code == 302


def test_owners_session_lasts_for_thirty_days_and_outlives_the_browser() -> None:
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client, "ann@example.com")
        assert client.cookies["session"]["max-age"] == timedelta(days=30).total_seconds()

        clock.shift(timedelta(days=29))
        assert is_signed_in(client)
        clock.shift(timedelta(days=1, seconds=1))
        assert not is_signed_in(client)


def test_staffs_session_without_an_end_opens_no_admin() -> None:
    client = Client()
    client.force_login(make_staff())
    store = client.session
    del store["of_staff"]
    store.save()

    assert client.get("/admin/").status_code == 302


# Ended by staff


def press_sign_out_everywhere(by: User, *users: User) -> None:
    client = Client()
    client.force_login(by)
    chosen = {"action": "sign_out_everywhere", "_selected_action": [user.pk for user in users]}
    client.post("/admin/accounts/user/", chosen)


def test_staff_sign_an_owner_out_everywhere_and_it_is_in_the_history(
    owner_client: Client, owner: User
) -> None:
    press_sign_out_everywhere(make_staff(is_superuser=True), owner)

    assert not is_signed_in(owner_client)
    assert LogEntry.objects.get(object_id=str(owner.pk)).change_message == "Signed out everywhere."
