"""Staff with the right give owners what is held about them, and erase them; so does whoever has a shell."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import AuditEntry, Erasure, User
from onboarding_portal.vehicles.models import CarToErase
from tests.factories import make_owner, make_staff
from tests.security.owner_with_everything import make_owner_with_everything

pytestmark = pytest.mark.django_db

LIST = reverse("admin:accounts_user_changelist")


def staff_with(*codenames: str) -> Client:
    staff, client = make_staff(email="sue@example.com"), Client()
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(owner: User, name: str) -> str:
    return reverse(f"admin:accounts_user_{name}", args=[owner.pk])


@pytest.mark.parametrize("name", ["export", "export_json"])
def test_an_export_is_read_and_is_in_the_audit_log(name: str) -> None:
    owner = make_owner_with_everything()

    answer = staff_with("export_owner").get(page_of(owner, name))

    assert answer.status_code == 200
    assert "Old red" in answer.content.decode()
    last = AuditEntry.objects.about_owner(owner.pk).first()
    assert last is not None
    assert (last.act, last.actor_name) == ("accounts.exported", "sue@example.com")


def test_erasing_asks_first_and_says_how_much_it_is() -> None:
    owner = make_owner_with_everything()

    page = staff_with("erase_owner").get(page_of(owner, "erase"))

    assert "Vehicles: 3" in page.content.decode()
    assert User.objects.filter(pk=owner.pk).exists()


@pytest.mark.parametrize("where", ["here", "everywhere"])
def test_an_owner_is_erased_and_ev_energy_is_asked_only_if_chosen(where: str) -> None:
    owner = make_owner_with_everything()
    client = staff_with("erase_owner", "view_erasure", "view_user")

    done = client.post(
        page_of(owner, "erase"), {"where": where, "why": f"{owner.email} asked by letter"}, follow=True
    )

    assert done.status_code == 200
    assert not User.objects.filter(pk=owner.pk).exists()
    assert CarToErase.objects.count() == (2 if where == "everywhere" else 0)
    assert AuditEntry.objects.get(act="accounts.erased").why == "… asked by letter"


def test_who_chose_neither_is_asked_again() -> None:
    owner = make_owner()

    page = staff_with("erase_owner").post(page_of(owner, "erase"), {})

    assert page.status_code == 400
    assert User.objects.filter(pk=owner.pk).exists()


def test_a_second_click_finds_nobody() -> None:
    owner, client = make_owner(), staff_with("erase_owner", "view_user")
    path = page_of(owner, "erase")

    client.post(path, {"where": "here"})

    assert client.post(path, {"where": "here"}).status_code == 404
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize("right", [[], ["export_owner"], ["delete_user", "change_user"]])
def test_without_the_right_nobody_is_erased(right: list[str]) -> None:
    owner = make_owner()

    assert staff_with(*right).post(page_of(owner, "erase"), {"where": "here"}).status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()


@pytest.mark.parametrize("name", ["export", "export_json", "erase"])
def test_colleagues_are_neither_exported_nor_erased(name: str) -> None:
    colleague = make_staff()

    client = staff_with("export_owner", "erase_owner")

    assert client.get(page_of(colleague, name)).status_code == 404
    assert client.post(page_of(colleague, name), {"where": "here"}).status_code in {404, 405}
    assert User.objects.filter(pk=colleague.pk).exists()


def test_djangos_delete_button_leads_to_erase() -> None:
    owner = make_owner()
    client = staff_with("delete_user", "view_user", "erase_owner")

    for answer in (
        client.get(page_of(owner, "delete")),
        client.post(page_of(owner, "delete"), {"post": "yes"}),
    ):
        assert answer["Location"] == page_of(owner, "erase")
    assert User.objects.filter(pk=owner.pk).exists()


def test_owners_are_not_deleted_from_the_list() -> None:
    owner = make_owner()
    client = staff_with("delete_user", "view_user")

    sent = {"action": "delete_selected", "_selected_action": [owner.pk], "post": "yes"}
    page = client.post(LIST, sent)

    assert "An owner is erased, not deleted" in page.content.decode()
    assert User.objects.filter(pk=owner.pk).exists()


@pytest.mark.parametrize("by", ["email", "pk", "ev_energy_user_id"])
def test_the_commands_find_an_owner_by_address_or_id(by: str, caplog: pytest.LogCaptureFixture) -> None:
    owner, out = make_owner_with_everything(), StringIO()
    email = owner.email

    call_command("export_owner", str(getattr(owner, by)), stdout=out)
    held = json.loads(out.getvalue())["held"]
    call_command("erase_owner", str(getattr(owner, by)), "--yes", "--at-ev-energy", stdout=StringIO())

    assert held["accounts.User"][0]["email"] == email
    assert not User.objects.filter(email=email).exists()
    assert CarToErase.objects.count() == 2
    assert AuditEntry.objects.filter(actor_kind="COMMAND").count() == 2
    assert email not in caplog.text


@pytest.mark.parametrize("answer", ["", "no", "y"])
def test_the_command_asks_before(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_owner()
    monkeypatch.setattr("builtins.input", lambda _question: answer)

    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_owner", owner.email)

    assert User.objects.filter(pk=owner.pk).exists()


@pytest.mark.parametrize("typed", ["nobody@example.com", "99999999999999999999", "user" + "0" * 26, "", "é"])
def test_whoever_is_not_there_is_not_named(typed: str) -> None:
    for name in ("export_owner", "erase_owner"):
        with pytest.raises(CommandError, match=r"^No owner has this address or id\.$"):
            call_command(name, typed)


def test_the_command_erases_no_colleague() -> None:
    colleague = make_staff()

    with pytest.raises(CommandError):
        call_command("erase_owner", colleague.email, "--yes")

    assert User.objects.filter(pk=colleague.pk).exists()
