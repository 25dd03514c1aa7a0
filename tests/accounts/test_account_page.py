"""The owner's account page: what they decide about themselves, and nobody else does."""

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import AuditEntry, User
from onboarding_portal.accounts.own_place import panels
from onboarding_portal.accounts.plain_name import is_plain_name
from tests.accounts.test_your_data import signed_in
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

ACCOUNT, REMINDERS = reverse("account"), reverse("account_reminders")


def test_an_owner_changes_name_and_time_zone() -> None:
    owner = make_owner(time_zone="Europe/Berlin")
    client = signed_in(owner)

    page = client.post(ACCOUNT, {"name": " Ann Lee ", "time_zone": "Asia/Tokyo"}, follow=True)

    owner.refresh_from_db()
    assert (owner.name, owner.chosen_time_zone, owner.time_zone) == ("Ann Lee", "Asia/Tokyo", "Asia/Tokyo")
    assert "It is saved." in page.content.decode()
    assert page.client.cookies["chosen_time_zone"].value == "Asia/Tokyo"
    assert AuditEntry.objects.about_owner(owner.pk).filter(act="accounts.account_changed").count() == 1


def test_the_browsers_zone_is_told_again_once_none_is_chosen() -> None:
    owner = make_owner(time_zone="Asia/Tokyo", chosen_time_zone="Asia/Tokyo")
    client = signed_in(owner)
    client.cookies["time_zone"] = "Europe/Lisbon"

    client.post(ACCOUNT, {"name": "", "time_zone": ""})

    owner.refresh_from_db()
    assert (owner.chosen_time_zone, owner.time_zone) == ("", "Europe/Lisbon")


def test_signing_in_elsewhere_does_not_change_the_chosen_zone() -> None:
    owner = make_owner(time_zone="Asia/Tokyo", chosen_time_zone="Asia/Tokyo")
    request = HttpRequest()
    request.COOKIES["time_zone"] = "Europe/Lisbon"
    client = Client()
    client.cookies["time_zone"] = "Europe/Lisbon"
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")

    owner.refresh_from_db()
    assert owner.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "x" * 151},
        {"name": "https://evil.example"},
        {"name": "see evil.example"},
        {"name": "ann@evil.example"},
        {"time_zone": "Mars/Olympus"},
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_changes_nothing(sent: dict[str, str]) -> None:
    owner = make_owner(name="Ann")
    page = signed_in(owner).post(ACCOUNT, sent)

    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.content.decode()
    owner.refresh_from_db()
    assert (owner.name, owner.chosen_time_zone) == ("Ann", "")


@pytest.mark.parametrize("name", ["Ann Lee", "Zoë O’Neill-Smith", "J. R. Hartley", "Dr. Müller", "李小龍"])
def test_names_people_have_are_plain(name: str) -> None:
    assert is_plain_name(name)


def test_reminders_are_switched_off_and_back_on() -> None:
    owner = make_owner()
    client = signed_in(owner)

    for wanted in ("off", "off", "on", "perhaps"):
        page = client.post(REMINDERS, {"reminders": wanted}, follow=True).content.decode()
        owner.refresh_from_db()
        assert owner.wants_reminders == (wanted != "off")
        assert ("Send me reminders again" in page) == (wanted == "off")


def test_what_is_changed_very_often_is_changed_no_more() -> None:
    client = signed_in(make_owner())

    answers = [client.post(REMINDERS, {"reminders": "off"}).status_code for _ in range(31)]

    assert answers == [302] * 30 + [429]
    assert client.post(ACCOUNT, {"name": "Ann"}).status_code == 429
    assert User.objects.get().name == ""


def test_staff_have_no_account_of_this_kind() -> None:
    client = signed_in(make_staff())

    assert client.get(ACCOUNT).status_code == 403
    assert client.post(REMINDERS, {"reminders": "off"}).status_code == 403
    assert User.objects.get().wants_reminders
    assert ACCOUNT not in client.get(reverse("vehicles:list")).content.decode()


def test_another_room_hangs_its_panel_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels._panels, "_panels", [])
    panels.add(30, "vehicles/_smart_charging_off.html", lambda request: {})
    panels.add(31, "vehicles/_smart_charging_off.html", lambda request: None)

    page = signed_in(make_owner()).get(ACCOUNT).content.decode()

    assert page.count("smart charging is switched off") == 1
