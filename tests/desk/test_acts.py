"""What staff do from an owner's page: once each, in the audit log, and refused in words where it cannot be."""

from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import AuditEntry, Invitation, MailKind, MailPause, SentMail, User
from onboarding_portal.vehicles.models import ByHand, Note
from tests.accounts.journey import enter_code, is_signed_in, mailed_code
from tests.factories import handle_by_hand, make_owner, make_staff, make_vehicle, pause_mail
from tests.reconnects.office import staff_with, user_id_of

pytestmark = pytest.mark.django_db

RIGHTS = [
    *("view_user", "add_note", "add_byhand", "change_byhand", "pause_mail"),
    *("end_sessions", "send_code", "view_vehicle"),
]


@pytest.fixture
def desk() -> Client:
    return staff_with(*RIGHTS)


def send(client: Client, act: str, owner: User, **fields: Any) -> HttpResponse:
    return client.post(reverse(f"admin:accounts_user_{act}", args=[owner.pk]), fields, follow=True)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def recorded() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))


def test_a_note_is_signed_dated_and_stored_once_for_a_double_click(desk: Client) -> None:
    car = make_vehicle()

    for _ in range(2):
        send(desk, "note", car.owner, text="Rang.", vehicle=car.pk)

    note = Note.objects.get()
    assert (note.owner, note.vehicle, note.author_id) == (car.owner, car, user_id_of(desk))
    assert recorded() == ["desk.note_written"]
    assert AuditEntry.objects.about_vehicle(car.pk).count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "The note is empty: nothing was stored."),
        ({}, "The note is empty: nothing was stored."),
        ({"text": "x" * 4001}, "at most 4000"),
        ({"text": "x", "vehicle": "nonsense"}, "not, or no longer, the owner’s"),
        ({"text": "x", "vehicle": "9" * 30}, "not, or no longer, the owner’s"),
    ],
)
def test_a_note_that_is_none_is_refused_in_words(desk: Client, fields: dict[str, str], words: str) -> None:
    response = send(desk, "note", make_owner(), **fields)

    assert words in said(response)[0]
    assert not Note.objects.exists()


@pytest.mark.parametrize("act", ["note", "by_hand"])
def test_another_owners_car_is_refused(desk: Client, act: str) -> None:
    fields = {"text": "x", "reason": "x", "colleague": user_id_of(desk), "vehicle": make_vehicle().pk}

    response = send(desk, act, make_owner(), **fields)

    assert "not, or no longer, the owner’s" in said(response)[0]
    assert not Note.objects.exists()
    assert not ByHand.objects.exists()


def test_a_car_is_taken_over_by_hand_and_given_back(desk: Client) -> None:
    car = make_vehicle()
    fields = {"reason": "Rang.", "colleague": user_id_of(desk), "vehicle": car.pk}

    first = send(desk, "by_hand", car.owner, **fields)
    second = send(desk, "by_hand", car.owner, **fields)

    row = ByHand.objects.get()
    assert said(first) == ["Batches, reminders and the portal itself leave it alone now."]
    assert said(second) == ["That was done already."]
    for expected in ("It is handled like all others again.", "That was done already."):
        assert said(send(desk, "end_by_hand", car.owner, row=row.pk)) == [expected]
    assert recorded() == ["desk.by_hand_begun", "desk.by_hand_ended"]


@pytest.mark.parametrize("who", ["an owner", "a colleague who left", "nonsense"])
def test_by_hand_goes_to_colleagues_alone(desk: Client, who: str) -> None:
    to = {
        "an owner": make_owner().pk,
        "a colleague who left": make_staff(is_active=False).pk,
        "nonsense": "9" * 30,
    }[who]

    send(desk, "by_hand", make_owner(), reason="Rang.", colleague=to)

    assert not ByHand.objects.exists()


@pytest.mark.parametrize("row", ["", "abc", "9" * 30, "0"])
def test_a_forged_row_ends_nothing(desk: Client, row: str) -> None:
    handled = handle_by_hand(make_vehicle())

    for owner in (handled.owner, make_owner()):
        assert send(desk, "end_by_hand", owner, row=row).status_code == 200
    send(desk, "end_by_hand", make_owner(), row=handled.pk)

    assert ByHand.objects.in_force().exists()


def test_mail_is_paused_and_resumed_once_each(desk: Client) -> None:
    owner = make_owner()

    for _ in range(2):
        send(desk, "pause_mail", owner, reason="In hospital.")
    assert MailPause.objects.in_force().count() == 1
    for _ in range(2):
        send(desk, "resume_mail", owner)

    assert not MailPause.objects.in_force().exists()
    assert recorded() == ["desk.mail_paused", "desk.mail_resumed"]
    assert AuditEntry.objects.get(act="desk.mail_paused").why == "In hospital."


def test_signing_out_ends_the_owners_sessions(desk: Client, client: Client) -> None:
    owner = make_owner()
    client.force_login(owner)

    send(desk, "sign_out", owner)

    assert not is_signed_in(client)
    assert recorded() == ["accounts.signed_out_everywhere"]


def test_the_mailed_link_signs_the_owner_in_with_a_code_of_their_own_browser(desk: Client) -> None:
    owner, browser = make_owner(email="ann@example.com"), Client()

    for _ in range(2):
        send(desk, "send_link", owner)

    (message,) = mail.outbox
    (link,) = [line for line in message.body.splitlines() if "/invite/" in line]
    browser.post(link.removeprefix("http://testserver"))
    enter_code(browser, mailed_code())
    assert is_signed_in(browser)
    assert recorded() == ["desk.sign_in_link_sent"]
    assert Invitation.objects.get().user == owner


@pytest.mark.parametrize("has_signed_in", [False, True])
def test_who_signed_in_before_is_not_invited_but_shown_the_way(desk: Client, has_signed_in: bool) -> None:
    owner = make_owner(last_login="2026-01-01T00:00:00Z" if has_signed_in else None)

    send(desk, "send_link", owner)

    kind = MailKind.SIGN_IN_LINK if has_signed_in else MailKind.INVITATION
    assert SentMail.objects.to(owner).get().kind == kind


@pytest.mark.parametrize("why", ["paused", "switched off"])
def test_no_link_goes_to_whom_nothing_may_be_mailed(desk: Client, why: str) -> None:
    owner = pause_mail(make_owner()) if why == "paused" else make_owner(is_active=False)

    response = send(desk, "send_link", owner)

    assert "gets no mail" in said(response)[0]
    assert not mail.outbox
    assert not Invitation.objects.exists()


def test_a_refused_mail_is_told_with_the_servers_words(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> int:
        raise TimeoutError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    owner = make_owner()

    response = send(desk, "send_link", owner)

    assert "did not take it" in said(response)[0]
    assert SentMail.objects.to(owner).get().answer == "TimeoutError"


@pytest.mark.parametrize(
    "act", ["note", "by_hand", "end_by_hand", "pause_mail", "resume_mail", "sign_out", "send_link"]
)
def test_the_address_of_a_form_leads_to_the_page_and_does_nothing(desk: Client, act: str) -> None:
    owner = make_owner()

    response = desk.get(reverse(f"admin:accounts_user_{act}", args=[owner.pk]))

    assert response["Location"] == reverse("admin:accounts_user_owner", args=[owner.pk])
    assert not recorded()
    assert not mail.outbox


def test_a_form_sent_from_a_cars_page_leads_back_there(desk: Client) -> None:
    car, other = make_vehicle(), make_vehicle()
    path = reverse("admin:accounts_user_note", args=[car.owner_id])

    def leads_to(from_car: str) -> str:
        return desk.post(path, {"text": from_car, "from_car": from_car})["Location"]

    assert leads_to(car.pk) == reverse("admin:vehicles_vehicle_change", args=[car.pk])
    for forged in (other.pk, "//evil.example", "9" * 30):
        assert leads_to(forged) == reverse("admin:accounts_user_owner", args=[car.owner_id])


def test_lists_of_mine_and_nobodys(desk: Client) -> None:
    me = User.objects.get(pk=user_id_of(desk))
    client = staff_with("view_byhand", "view_vehicle")
    mine, lefts, others = make_vehicle(), make_vehicle(), make_vehicle()
    handle_by_hand(mine, to=User.objects.get(pk=user_id_of(client)))
    handle_by_hand(others, to=me)
    handle_by_hand(lefts, to=make_staff(is_active=False))
    expected = {"mine": {mine}, "nobodys": {lefts}, "anybodys": {mine, lefts, others}}

    for whose, cars in expected.items():
        page = client.get(f"/admin/vehicles/vehicle/?by_hand={whose}").content.decode()
        assert {car for car in (mine, lefts, others) if car.pk in page} == cars
    for whose, cars in {**expected, "": expected["anybodys"]}.items():
        if whose != "anybodys":
            page = client.get(
                f"/admin/vehicles/byhand/?whose={whose}" if whose else "/admin/vehicles/byhand/"
            ).content.decode()
            assert {car for car in (mine, lefts, others) if car.pk in page} == cars
