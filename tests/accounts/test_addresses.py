"""One mailbox is one user, one limit, one invitation, however its address is written."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.accounts.sign_in.lock_out import tried_address
from onboarding_portal.addresses import CannotBeMailed, is_same_mailbox, normalize_address, readable
from onboarding_portal.ev_energy.client import get_client
from tests.accounts.journey import ask_for_code
from tests.ev_energy_answers import user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_staff
from tests.rehearsal.mailbox import Mailbox, mail_server
from tests.rehearsal.processes import free_port

SPELLINGS = [
    ("Ann@Example.org", "ann@example.org"),
    (" ann@example.org\t", "ann@example.org"),
    ("ann@exam\u00adple.org", "ann@example.org"),
    ("a\u200bnn@example\ufeff.org", "ann@example.org"),
    ("\u202aann@example.org\u202c", "ann@example.org"),
    ("a\u2060n\u200dn@example.org", "ann@example.org"),
    ("ＡＮＮ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
    ("ann@example。org", "ann@example.org"),
    ('"ann"@example.org', "ann@example.org"),
    ("ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    ("ann@mu\u0308nchen.example", "ann@xn--mnchen-3ya.example"),
    ("ann@MÜNCHEN.example", "ann@xn--mnchen-3ya.example"),
    ("ann@XN--mnchen-3ya.example", "ann@xn--mnchen-3ya.example"),
    ("ann@straße.example", "ann@xn--strae-oqa.example"),
    ("ann@strasse.example", "ann@strasse.example"),
    ("ann@σίσυφος.example", "ann@xn--kxa6ajbbmh.example"),
    ("ann+car@example.org", "ann+car@example.org"),
    ("ann@ab--cd.example", "ann@ab--cd.example"),
]
CANNOT_BE_MAILED = [
    "İbrahim@example.org",
    "ſam@example.org",
    "Kelvin@example.org".replace("K", "\u212a"),
    "zoë@example.org",
    "аnn@example.org",
    "ann@exam\u200dple.org",
    "ann@💩.example",
    "ann@[127.0.0.1]",
    '"a b"@example.org',
    "ann",
    "ann@",
    "@example.org",
    "ann@example..org",
    "ann@xn--a.example",
    "ann@" + "a" * 250 + ".org",
]


@contextmanager
def real_mail(settings: Settings) -> Iterator[Mailbox]:
    with mail_server(port=free_port()) as mailbox:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        yield mailbox


@pytest.mark.parametrize(("typed", "mailbox"), SPELLINGS)
def test_each_spelling_comes_to_the_one_of_its_mailbox(typed: str, mailbox: str) -> None:
    assert normalize_address(typed) == mailbox
    assert normalize_address(mailbox) == mailbox
    assert normalize_address(readable(mailbox)) == mailbox


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "mailbox"), SPELLINGS)
def test_code_goes_to_the_mailbox_and_no_other_on_its_real_way(
    client: Client, settings: Settings, typed: str, mailbox: str
) -> None:
    with real_mail(settings) as server:
        assert ask_for_code(client, typed).status_code == 302

    assert server.recipients == [mailbox]
    assert User.objects.get().email == mailbox
    assert readable(mailbox) in client.get("/accounts/login/code/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", CANNOT_BE_MAILED)
def test_what_cannot_be_mailed_is_refused_at_every_form(client: Client, typed: str) -> None:
    staff = Client()
    staff.force_login(make_staff(is_superuser=True, email="staff@example.org"))
    owner = make_owner(email="owner@example.org")
    changed = {"email": typed, "is_active": "on"}

    answers = [
        ask_for_code(client, typed),
        staff.post("/admin/accounts/user/add/", {"email": typed}),
        staff.post(f"/admin/accounts/user/{owner.pk}/change/", changed),
        staff.post("/admin/accounts/invitation/add/", {"email": typed}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all("address" in answer.content.decode() for answer in answers)
    assert not mail.outbox
    assert not Invitation.objects.exists()
    assert sorted(User.objects.values_list("email", flat=True)) == ["owner@example.org", "staff@example.org"]


@pytest.mark.parametrize("typed", ["İbrahim@example.org", "zoë@example.org"])
def test_letters_the_server_cannot_send_to_are_named(client: Client, typed: str) -> None:
    assert "plain letters (a to z) before the @" in ask_for_code(client, typed).content.decode()


@pytest.mark.django_db
def test_all_spellings_of_a_mailbox_are_one_user_and_one_limit(settings: Settings) -> None:
    same = [typed for typed, mailbox in SPELLINGS if mailbox == "ann@example.org"]

    with real_mail(settings) as server:
        answers = [
            ask_for_code(Client(REMOTE_ADDR=f"192.0.2.{n}"), typed).status_code
            for n, typed in enumerate(same)
        ]

    assert answers == [302] * 5 + [429] * (len(same) - 5)
    assert server.recipients == ["ann@example.org"] * 5
    assert User.objects.count() == 1


@pytest.mark.parametrize(("typed", "mailbox"), SPELLINGS)
def test_wrong_passwords_are_counted_by_the_mailbox(typed: str, mailbox: str) -> None:
    request = RequestFactory().post("/admin/login/", {"username": typed})

    assert tried_address(request) == mailbox


@pytest.mark.django_db
def test_all_spellings_of_a_mailbox_are_one_invitation(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True))

    for typed in ("ann@straße.example", "ANN@xn--strae-oqa.example", "ann@stra\u00adße.example"):
        client.post("/admin/accounts/invitation/add/", {"email": typed})

    assert [each.email for each in Invitation.objects.all()] == ["ann@xn--strae-oqa.example"]
    assert Invitation.objects.for_email("ann@STRASSE.example").count() == 0


@pytest.mark.django_db
def test_staff_cannot_add_or_rename_to_a_mailbox_that_has_a_user(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True))
    make_owner(email="ann@straße.example")
    other = make_owner()

    answers = [
        client.post("/admin/accounts/user/add/", {"email": "ann@xn--strae-oqa.example"}),
        client.post(f"/admin/accounts/user/{other.pk}/change/", {"email": "Ann@straße.example"}),
    ]

    assert ["This address is taken." in answer.content.decode() for answer in answers] == [True, True]


@pytest.mark.parametrize(
    ("claimed", "is_it"),
    [
        ("sam@example.org", True),
        ("SAM@Example.ORG", True),
        ("ſam@example.org", False),
        ("ｓam@example.org", False),
        ("sam\u200b@example.org", False),
        ("sam@exam\u00adple.org", True),
        ("sam@exampIe.org", False),
        ("", False),
    ],
)
def test_what_only_looks_like_the_owners_address_is_not_the_owner(
    ev_energy_api: EvEnergyApi, claimed: str, is_it: bool, db: None
) -> None:
    ev_energy_api.add("GET", "/users", json=[user_json(1, email=claimed)], breaks_contract=not claimed)

    assert bool(get_client().find_users(email="sam@example.org")) is is_it


@pytest.mark.parametrize("claimed", ["ann@straße.example", "ann@xn--strae-oqa.example"])
def test_owner_is_found_at_ev_energy_however_it_writes_the_domain(
    ev_energy_api: EvEnergyApi, claimed: str, db: None
) -> None:
    ev_energy_api.add("GET", "/users", json=[user_json(1, email=claimed)], query={"email": claimed})
    other = "ann@straße.example" if "xn--" in claimed else "ann@xn--strae-oqa.example"
    ev_energy_api.add("GET", "/users", json=[], query={"email": other})

    assert [user.email for user in get_client().find_users(email="ann@xn--strae-oqa.example")] == [claimed]
    assert not is_same_mailbox("ann@strasse.example", "ann@xn--strae-oqa.example")


def _stored_before(*emails: str) -> list[User]:
    return User.objects.bulk_create([User(email=email, password="!") for email in emails])


def _migrate() -> None:
    module: Any = importlib.import_module(
        "onboarding_portal.accounts.migrations.0004_one_spelling_of_each_mailbox"
    )
    with connection.schema_editor(atomic=False) as editor:
        module.normalize_addresses(apps, editor)


@pytest.mark.django_db(transaction=True)
def test_stored_addresses_are_normalised_and_those_that_collide_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _stored_before("ann@example.org")
    soft, domain, local = _stored_before("ann@exam\u00adple.org", "bob@straße.example", "zoë@example.org")
    invitation, _ = Invitation.objects.invite(email="x@example.org", invited_by=None, now=soft.joined_at)
    Invitation.objects.filter(pk=invitation.pk).update(email="x@straße.example")

    _migrate()
    call_command("check", "--deploy", "--database", "default", "--tag", "database", "--fail-level", "WARNING")

    domain.refresh_from_db()
    invitation.refresh_from_db()
    assert (domain.email, invitation.email) == ("bob@xn--strae-oqa.example", "x@xn--strae-oqa.example")
    output = capsys.readouterr()
    assert [f"User {user.pk} keeps" in output.out for user in (soft, domain, local)] == [True, False, True]
    assert f"{soft.pk}, {local.pk}" in output.err
    assert "example" not in output.out + output.err


@pytest.mark.parametrize("text", ["", "  ", "@", "\u200b"])
def test_nothing_is_no_address(text: str) -> None:
    with pytest.raises(CannotBeMailed):
        normalize_address(text)
