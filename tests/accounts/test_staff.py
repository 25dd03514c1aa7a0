"""Staff sign in to the admin with a password, and with nothing less."""

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from tests.accounts.journey import LOGIN, ask_for_code, enter_code, is_signed_in, mailed_code, sign_in
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

PASSWORD = "staff-password"


def _enter_password(client: Client, email: str, password: str = PASSWORD) -> int:
    response = client.post("/admin/login/?next=/admin/", {"username": email, "password": password})
    return int(response.status_code)


def _may_open_admin(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def _superuser(client: Client) -> User:
    user = make_staff(is_superuser=True)
    client.force_login(user)
    return user


def _staff_with(client: Client, *codenames: str) -> User:
    user = make_staff()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


# Signing in


def test_staff_open_the_admin_with_their_password(client: Client) -> None:
    make_staff(email="sam@example.com")

    assert _enter_password(client, "Sam@Example.com") == 302
    assert _may_open_admin(client)


def test_owner_cannot_open_the_admin(client: Client) -> None:
    sign_in(client, "ann@example.com")

    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/accounts/user/").status_code == 302


def test_owner_made_staff_cannot_open_the_admin_with_the_session_a_code_opened(client: Client) -> None:
    sign_in(client, "ann@example.com")
    User.objects.update(is_staff=True, is_superuser=True)

    assert not _may_open_admin(client)
    assert is_signed_in(client)


def test_owner_made_staff_cannot_use_the_code_that_is_on_its_way(client: Client) -> None:
    ask_for_code(client, "ann@example.com")
    User.objects.update(is_staff=True)

    assert enter_code(client, mailed_code())["Location"] == LOGIN
    assert BACKEND_SESSION_KEY not in client.session


def test_owner_without_password_cannot_sign_in_with_an_empty_one(client: Client) -> None:
    sign_in(client, "ann@example.com")
    client.post("/accounts/logout/")
    User.objects.update(is_staff=True)

    for password in ["", "!", "None"]:
        assert _enter_password(client, "ann@example.com", password) == 200
    assert not _may_open_admin(client)


def test_guessing_is_locked_even_for_the_right_password_but_only_from_there(client: Client) -> None:
    make_staff(email="sam@example.com")
    for _ in range(5):
        _enter_password(client, "sam@example.com", "wrong")

    locked = client.post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})
    elsewhere = Client(REMOTE_ADDR="192.0.2.99")

    assert locked.status_code == 429
    assert "locked for a while" in locked.content.decode()
    assert not _may_open_admin(client)
    assert _enter_password(elsewhere, "sam@example.com") == 302


def test_guessing_is_not_unlocked_by_a_forwarded_for_header_of_ones_own(
    client: Client, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    make_staff(email="sam@example.com")

    answers = [
        client.post(
            "/admin/login/",
            {"username": "sam@example.com", "password": "wrong"},
            headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.7"},
        ).status_code
        for n in range(6)
    ]

    assert answers[-1] == 429


def test_locked_sign_in_is_unlocked_by_deleting_its_row(client: Client) -> None:
    for _ in range(5):
        _enter_password(Client(REMOTE_ADDR="192.0.2.99"), "sam@example.com", "wrong")
    _superuser(client)
    attempt = AccessAttempt.objects.get()

    assert client.get("/admin/axes/accessattempt/").status_code == 200
    assert client.post(f"/admin/axes/accessattempt/{attempt.pk}/change/", {}).status_code == 403
    client.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})
    assert not AccessAttempt.objects.exists()


def test_sign_ins_of_owners_are_not_recorded(client: Client) -> None:
    sign_in(client, "ann@example.com")

    assert not AccessLog.objects.exists()


# Users in the admin


def test_adding_an_owner_asks_only_for_the_address(client: Client) -> None:
    _superuser(client)

    page = client.get("/admin/accounts/user/add/")
    client.post("/admin/accounts/user/add/", {"email": "New@Example.com"})

    assert list(page.context["adminform"].form.fields) == ["email"]
    owner = User.objects.get(email="new@example.com")
    assert not owner.has_usable_password()
    assert owner.is_established


def test_address_that_is_taken_is_refused_in_any_spelling(client: Client) -> None:
    make_owner(email="ann@example.com")
    _superuser(client)

    response = client.post("/admin/accounts/user/add/", {"email": "ANN@example.com"})

    assert "This address is taken." in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ann@", ["ann@example.com"]),
        ("ANN@EX", ["ann@example.com"]),
        ("nn@", ["ann@example.com"]),
        ("100%", []),
    ],
)
def test_users_are_found_by_any_part_of_the_address(client: Client, query: str, found: list[str]) -> None:
    _superuser(client)
    make_owner(email="ann@example.com")
    make_owner(email="bob@example.com")

    response = client.get("/admin/accounts/user/", {"q": query})

    assert [user.email for user in response.context["cl"].queryset] == found


def test_users_are_found_by_their_ev_energy_id_and_filtered_by_having_one(client: Client) -> None:
    _superuser(client)
    owner = make_owner()
    without = make_owner(ev_energy_user_id=None)

    by_id = client.get("/admin/accounts/user/", {"q": owner.ev_energy_user_id})
    empty = client.get("/admin/accounts/user/", {"ev_energy_user_id__isempty": "1", "is_staff__exact": "0"})

    assert list(by_id.context["cl"].queryset) == [owner]
    assert list(empty.context["cl"].queryset) == [without]


def test_owner_has_no_password_to_set_but_staff_have(client: Client) -> None:
    _superuser(client)
    owner, staff = make_owner(), make_staff()

    assert client.get(f"/admin/accounts/user/{owner.pk}/password/").status_code == 403
    assert client.get(f"/admin/accounts/user/{staff.pk}/password/").status_code == 200
    assert "id_password" not in client.get(f"/admin/accounts/user/{owner.pk}/change/").content.decode()
    assert "id_password" in client.get(f"/admin/accounts/user/{staff.pk}/change/").content.decode()


def test_staff_who_may_edit_owners_cannot_give_rights_to_themselves_or_others(client: Client) -> None:
    me = _staff_with(client, "change_user", "view_user", "delete_user")
    owner, boss = make_owner(email="ann@example.com"), make_staff(is_superuser=True)
    grab = {"is_staff": "on", "is_superuser": "on", "is_active": "on", "ev_energy_user_id": ""}

    client.post(f"/admin/accounts/user/{owner.pk}/change/", {"email": "ann2@example.com", **grab})
    on_myself = client.post(f"/admin/accounts/user/{me.pk}/change/", {"email": me.email, **grab})
    on_boss = client.post(f"/admin/accounts/user/{boss.pk}/change/", {"email": "x@example.com", **grab})
    boss_password = client.get(f"/admin/accounts/user/{boss.pk}/password/")
    boss_deleted = client.post(f"/admin/accounts/user/{boss.pk}/delete/", {"post": "yes"})

    owner.refresh_from_db()
    assert owner.email == "ann@example.com"
    assert not owner.is_staff
    assert owner.ev_energy_user_id
    assert [r.status_code for r in (on_myself, on_boss, boss_password, boss_deleted)] == [403] * 4
    assert User.objects.filter(is_superuser=True).get() == boss


def test_staff_cannot_delete_other_staff_in_bulk_either(client: Client) -> None:
    _staff_with(client, "view_user", "change_user", "delete_user")
    boss = make_staff(is_superuser=True)
    action = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}

    client.post("/admin/accounts/user/", action)

    assert User.objects.filter(pk=boss.pk).exists()


def test_tables_nobody_uses_are_not_in_the_admin(client: Client) -> None:
    _superuser(client)

    page = client.get("/admin/").content.decode()

    assert "/admin/account/emailaddress/" not in page
    assert "/admin/axes/accesslog/" not in page
    assert "/admin/accounts/invitation/" in page
    assert not mail.outbox


def test_guessing_is_locked_in_whatever_spelling_the_address_is_given(client: Client) -> None:
    make_staff(email="sam@example.com")
    for spelling in (
        "sam@example.com",
        "Sam@example.com",
        "SAM@EXAMPLE.COM",
        " sAm@example.com",
        "saM@Example.com",
    ):
        _enter_password(client, spelling, "wrong")

    assert _enter_password(client, "sam@eXample.com") == 429


def test_guessing_is_locked_for_all_addresses_of_one_connection(client: Client) -> None:
    make_staff(email="sam@example.com")
    for number in range(5):
        _enter_password(Client(REMOTE_ADDR=f"2001:db8:0:1::{number}"), "sam@example.com", "wrong")

    assert _enter_password(Client(REMOTE_ADDR="2001:db8:0:1::ffff"), "sam@example.com") == 429
    assert _enter_password(Client(REMOTE_ADDR="2001:db8:0:2::1"), "sam@example.com") == 302
