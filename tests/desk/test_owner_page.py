"""An owner's page: all about one owner, in a fixed number of queries, each part behind its right."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import Invitation, MailKind, SentMail, SignIn, User
from onboarding_portal.desk.rights import SECTIONS
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Note
from tests.factories import handle_by_hand, make_attempt, make_owner, make_staff, make_vehicle, pause_mail
from tests.reconnects.office import staff_with
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db

ALL = [right.partition(".")[2] for right in SECTIONS.values()]


def page_of(owner: User) -> str:
    return reverse("admin:accounts_user_owner", args=[owner.pk])


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def make_full_owner(*, times: int = 1) -> User:
    """An owner with everything there is, so many of each."""
    owner, colleague, now = make_owner(name="Ann Lee"), make_staff(name="Bo Berg"), timezone.now()
    for number in range(times):
        car = make_broken_car(owner=owner)
        make_reconnect(State.EMAILED, vehicle=car, requested_by=colleague)
        make_attempt(owner=owner)
        handle_by_hand(car, to=colleague)
        SentMail.objects.create(
            owner=owner, kind=MailKind.REMINDER, at=now, is_accepted=False, answer="550 no"
        )
        SignIn.objects.create(owner=owner, at=now - timedelta(days=number))
        Invitation.objects.invite(email=owner.email, invited_by=colleague, now=now)
        Note.objects.write(owner_id=owner.pk, vehicle_id=car.pk, text="Rang.", by=colleague, now=now)
        record(act=Act.MAIL_PAUSED, actor=colleague, about=about(owner), why="In hospital")
    pause_mail(owner)
    return owner


def test_the_page_tells_all_about_an_owner() -> None:
    owner = make_full_owner()

    page = text_of(staff_with("view_user", *ALL).get(page_of(owner)))

    for told in (
        owner.email,
        "Ann Lee",
        "Volvo EX30",
        "Connection lost",
        "To read aloud: ",
        "Handled by hand by Bo Berg",
        "All mail is paused",
        "Reminder refused it : 550 no",
        "Rang.",
        "Paused all mail to the owner: In hospital",
        "Signed in",
        "Invited",
    ):
        assert told in page, told


@pytest.mark.parametrize("section", SECTIONS)
def test_each_part_needs_its_right(section: str) -> None:
    owner = make_full_owner()
    told = {
        "cars": 'id="cars"',
        "attempts": 'id="attempts"',
        "reconnects": 'id="reconnects"',
        "mails": 'id="mails"',
        "invitations": "Invited ",
        "notes": 'id="notes"',
        "by_hand": "Handled by hand",
    }[section]
    others = [right for right in ALL if right != SECTIONS[section].partition(".")[2]]

    assert told in staff_with("view_user", *ALL).get(page_of(owner)).content.decode()
    assert told not in staff_with("view_user", *others).get(page_of(owner)).content.decode()


def test_the_number_of_queries_is_fixed() -> None:
    def queries(times: int) -> int:
        client, owner = staff_with("view_user", *ALL), make_full_owner(times=times)
        client.get(page_of(owner))
        with CaptureQueriesContext(connection) as captured:
            client.get(page_of(owner))
        return len(captured)

    assert queries(2) == queries(9)


def test_long_lists_are_folded_and_shown_in_full_on_demand() -> None:
    owner, client = make_full_owner(times=7), staff_with("view_user", *ALL)

    folded = client.get(page_of(owner)).content.decode()
    full = client.get(f"{page_of(owner)}?all=notes").content.decode()

    assert folded.count("<p>Rang.</p>") == 5
    assert '?all=notes#notes"' in folded
    assert full.count("<p>Rang.</p>") == 7
    assert '?all=notes#notes"' not in full


@pytest.mark.parametrize("is_superuser", [False, True])
def test_staff_have_no_such_page(is_superuser: bool) -> None:
    colleague = make_staff(is_superuser=is_superuser)

    assert staff_with("view_user").get(page_of(colleague)).status_code == 404


@pytest.mark.parametrize("key", ["0", "9" * 30, "99999"])
def test_nobodys_number_is_not_found(key: str) -> None:
    assert staff_with("view_user").get(f"/admin/accounts/user/{key}/owner/").status_code == 404


def test_what_the_list_finds_leads_straight_to_the_page() -> None:
    owner, colleague = make_owner(email="ann@example.com"), make_staff(email="anna@example.com")

    page = staff_with("view_user").get("/admin/accounts/user/?q=ann").content.decode()

    assert f'href="{page_of(owner)}' in page
    assert page_of(colleague) not in page


def test_another_owners_rows_are_not_told() -> None:
    make_full_owner()
    other = make_vehicle().owner

    page = text_of(staff_with("view_user", *ALL).get(page_of(other)))

    for told in ("Rang.", "refused it", "Bo Berg", "In hospital"):
        assert told not in page


def test_markup_in_notes_and_names_stays_text() -> None:
    owner = make_owner(name="<b>Ann</b>")
    Note.objects.write(owner_id=owner.pk, text="<script>x</script>", by=make_staff(), now=timezone.now())

    page = staff_with("view_user", *ALL).get(page_of(owner)).content.decode()

    assert "<b>Ann" not in page
    assert "<script>x" not in page


def test_a_car_page_has_the_notes_and_who_handles_it() -> None:
    car = make_vehicle()
    colleague = make_staff(name="Bo Berg")
    handle_by_hand(car, to=colleague)
    Note.objects.write(
        owner_id=car.owner_id, vehicle_id=car.pk, text="Rang.", by=colleague, now=timezone.now()
    )
    path = reverse("admin:vehicles_vehicle_change", args=[car.pk])

    page = text_of(staff_with("view_user", *ALL).get(path))
    without = text_of(staff_with("view_vehicle").get(path))

    assert "Handled by hand by Bo Berg" in page
    assert "Rang." in page
    assert "Bo Berg" not in without


def test_signing_in_is_noted_for_owners_alone(client: Client) -> None:
    owner, colleague = make_owner(), make_staff()

    client.force_login(owner)
    client.force_login(colleague)

    assert [row.owner for row in SignIn.objects.all()] == [owner]
