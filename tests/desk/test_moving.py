"""What moves: an address, a whole account, a car. Asked first, done once; a sync still finds the right owner."""

from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import AuditEntry, Invitation, MergedAccount, SentMail, SignIn, User
from onboarding_portal.reconnects.mailed.lasting_link import UnknownLink, find_link
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import ByHand, Note, Vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner, store_page, store_vehicle
from tests.accounts.journey import is_signed_in
from tests.api.rows import make_hand_over
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import handle_by_hand, make_attempt, make_owner, make_staff, make_vehicle, pause_mail
from tests.reconnects.office import staff_with
from tests.reconnects.rows import make_broken_car, make_emailed
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db

OLD, NEW = "ann@example.com", "new@example.com"


@pytest.fixture
def desk() -> Client:
    return staff_with("view_user", "change_user_address", "merge_users", "hand_over_vehicle", "view_vehicle")


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def path_of(act: str, key: object) -> str:
    return reverse(f"admin:{act}", args=[key])


# Another address


def change(client: Client, owner: User, to: str = NEW, seen: str = OLD) -> HttpResponse:
    return client.post(
        path_of("accounts_user_change_address", owner.pk), {"email": to, "seen": seen}, follow=True
    )


def test_an_address_is_changed_and_the_old_one_and_ev_energy_are_told(
    desk: Client, client: Client, ev_energy_api: EvEnergyApi
) -> None:
    owner = make_owner(email=OLD, ev_energy_user_id=an_id("user"))
    client.force_login(owner)
    ev_energy_api.add(
        "PATCH", f"/users/{owner.ev_energy_user_id}", json=user_json(id=owner.ev_energy_user_id)
    )
    Invitation.objects.invite(email=OLD, invited_by=None, now=timezone.now())

    response = change(desk, owner)

    owner.refresh_from_db()
    assert owner.email == NEW
    assert said(response) == "The address is changed. The old one was told."
    assert [message.to for message in mail.outbox] == [[OLD]]
    assert not is_signed_in(client)
    assert not Invitation.objects.open(now=timezone.now()).exists()
    assert b"new@example.com" in (ev_energy_api.requests[-1].body or b"")
    entry = AuditEntry.objects.get()
    assert entry.act == "accounts.address_changed"
    assert "@" not in f"{entry.why}{entry.detail}"


def test_an_ev_energy_that_cannot_be_told_does_not_stop_the_change(
    desk: Client, ev_energy_api: EvEnergyApi
) -> None:
    owner = make_owner(email=OLD, ev_energy_user_id=an_id("user"))
    ev_energy_api.add_problem("PATCH", f"/users/{owner.ev_energy_user_id}", 503)

    response = change(desk, owner)

    owner.refresh_from_db()
    assert owner.email == NEW
    assert "ev.energy could not be told" in said(response)


def test_a_second_tab_or_click_changes_nothing_more(desk: Client) -> None:
    owner = make_owner(email=OLD, ev_energy_user_id=None)
    change(desk, owner)

    response = change(desk, owner, to="third@example.com")

    owner.refresh_from_db()
    assert owner.email == NEW
    assert "Nothing was changed" in said(response)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("to", ["", "nonsense", "bob@example.com", "a" * 400 + "@example.com"])
def test_an_address_that_cannot_be_is_refused_beside_the_field(desk: Client, to: str) -> None:
    make_owner(email="bob@example.com")
    owner = make_owner(email=OLD)

    response = change(desk, owner, to=to)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    owner.refresh_from_db()
    assert owner.email == OLD


# Two accounts of one person


def merge(client: Client, kept: User, other: str) -> HttpResponse:
    return client.post(path_of("accounts_user_merge", kept.pk), {"email": other}, follow=True)


# What hangs on a user. Each is moved by a merge, or said here to stay; a new one fails until it is in a line.
MOVED = {
    "Vehicle",
    "Attempt",
    "Consent",
    "HandOver",
    "Note",
    "ByHand",
    "SentMail",
    "MailPause",
    "SignIn",
    "Invitation",
    "MergedAccount",
}
STAYS = {
    "LogEntry": "history in the other account's name, which the kept one's page reads as well",
    "AuditSubject": "the audit log is not rewritten; the kept account's page reads it as well",
    "LastingLink": "deleted: the other's links end",
    "HelperLink": "deleted: the other's links end",
}


def test_every_row_that_hangs_on_an_owner_is_known_to_a_merge() -> None:
    hanging = {
        relation.related_model.__name__
        for relation in User._meta.related_objects
        if relation.field.name in {"owner", "user", "into", "other"}
    }

    assert MOVED - hanging == set()
    assert hanging - MOVED - STAYS.keys() <= OF_STAFF_OR_LIBRARIES


# Rows of colleagues, whose accounts cannot be merged, and of libraries that keep none for owners.
OF_STAFF_OR_LIBRARIES = {
    *(
        "StaffSession",
        "OwnerSession",
        "SecondFactor",
        "StaffIdentity",
        "Colleague",
        "EmailAddress",
        "Authenticator",
    ),
    *("User_groups", "User_user_permissions", "SocialAccount", "AheadMail", "AuditEntry"),
}


def test_two_accounts_are_one_afterwards(desk: Client, client: Client) -> None:
    kept, other, colleague = make_owner(email=OLD), make_owner(email="two@example.com"), make_staff()
    car = make_broken_car(owner=other)
    reconnect, token = make_emailed(vehicle=car)
    Note.objects.write(owner_id=other.pk, vehicle_id=car.pk, text="Rang.", by=colleague, now=timezone.now())
    handle_by_hand(car, to=colleague)
    make_attempt(owner=other)
    pause_mail(other)
    client.force_login(other)
    Invitation.objects.invite(email=other.email, invited_by=None, now=timezone.now())

    asked = desk.get(path_of("accounts_user_merge", kept.pk), {"email": other.email})
    assert "This cannot be undone" in asked.content.decode()
    assert car.owner == other
    response = merge(desk, kept, other.email)

    car.refresh_from_db()
    reconnect.refresh_from_db()
    other.refresh_from_db()
    assert said(response) == "The two accounts are one now. Both addresses were told."
    assert {message.to[0] for message in mail.outbox} == {OLD, other.email}
    assert car.owner == kept
    for rows in (Note, ByHand, SignIn):
        assert rows.objects.get().owner == kept
    assert kept.attempts.count() == 1
    assert not kept.may_be_mailed
    assert SentMail.objects.filter(owner=kept).exists()
    assert reconnect.state == State.CANCELLED
    with pytest.raises(UnknownLink):
        find_link(token=token)
    assert not other.is_active
    assert not is_signed_in(client)
    assert not Invitation.objects.open(now=timezone.now()).exists()
    assert MergedAccount.objects.get().into == kept
    entry = AuditEntry.objects.get(act="desk.merged")
    assert {subject.owner for subject in entry.subjects.all()} == {kept, other}


def test_a_hand_over_of_the_other_account_opens_nothing_any_more(desk: Client, client: Client) -> None:
    kept, other = make_owner(email=OLD), make_owner(email="two@example.com")
    row, token = make_hand_over(owner=other)

    merge(desk, kept, other.email)

    assert client.post(reverse("hand_over", args=[token])).status_code == 410
    row.refresh_from_db()
    assert row.owner == kept


def test_cars_that_ev_energy_has_under_the_other_user_come_back_as_the_kept_accounts(desk: Client) -> None:
    kept, other = make_owner(email=OLD), make_owner(email="two@example.com")
    car = make_vehicle(owner=other)
    merge(desk, kept, other.email)
    kept.refresh_from_db()
    resource = vehicle_resource(id=car.pk, owner=other)

    store_page(resources=[resource], now=timezone.now())
    stored = store_vehicle(resource=resource, owner=kept, now=timezone.now())
    new = vehicle_resource(id=an_id("vhcl"), owner=other)
    store_page(resources=[new], now=timezone.now())

    assert (stored.owner, stored.removed_at) == (kept, None)
    assert Vehicle.objects.get(pk=new.vehicle_id).owner == kept


def test_a_kept_account_without_a_user_at_ev_energy_takes_over_the_others(desk: Client) -> None:
    kept = make_owner(email=OLD, ev_energy_user_id=None)
    other = make_owner(email="two@example.com")
    ev_energy_user_id = other.ev_energy_user_id

    merge(desk, kept, other.email)

    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.ev_energy_user_id, other.ev_energy_user_id) == (ev_energy_user_id, None)


@pytest.mark.parametrize("which", ["itself", "staff", "closed", "unknown", "nonsense"])
def test_what_cannot_be_merged_is_refused_in_words(desk: Client, which: str) -> None:
    kept = make_owner(email=OLD)
    other = {
        "itself": lambda: OLD,
        "staff": lambda: make_staff().email,
        "closed": lambda: make_owner(is_active=False).email,
        "unknown": lambda: "nobody@example.com",
        "nonsense": lambda: "nonsense",
    }[which]()

    response = merge(desk, kept, other)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not MergedAccount.objects.exists()
    assert not mail.outbox


def test_a_merge_confirmed_twice_is_done_once(desk: Client) -> None:
    kept, other = make_owner(email=OLD), make_owner(email="two@example.com")

    merge(desk, kept, other.email)
    again = merge(desk, kept, other.email)
    back = merge(desk, other, kept.email)

    assert {again.status_code, back.status_code} == {400}
    assert MergedAccount.objects.count() == 1
    assert len(mail.outbox) == 2


# A car


def hand_over(client: Client, car: Vehicle, to: str, seen: int | None = None) -> HttpResponse:
    fields = {"email": to, "seen": seen or car.owner_id}
    return client.post(path_of("vehicles_vehicle_hand_over", car.pk), fields, follow=True)


def test_a_car_is_handed_over_and_no_sync_takes_it_back(desk: Client) -> None:
    car, buyer = make_broken_car(nickname="Zippy"), make_owner(email=NEW)
    former = car.owner
    reconnect, _token = make_emailed(vehicle=car)
    handle_by_hand(car)

    asked = desk.get(path_of("vehicles_vehicle_hand_over", car.pk), {"email": NEW})
    assert "ev.energy cannot change" in asked.content.decode()
    hand_over(desk, car, NEW)
    resource = vehicle_resource(id=car.pk, owner=former)
    store_page(resources=[resource], now=timezone.now())

    car.refresh_from_db()
    reconnect.refresh_from_db()
    assert (car.owner, car.nickname, reconnect.state) == (buyer, "", State.CANCELLED)
    assert not ByHand.objects.in_force().exists()
    assert store_vehicle(resource=resource, owner=buyer, now=timezone.now()).owner == buyer
    with pytest.raises(BelongsToAnotherOwner):
        store_vehicle(resource=resource, owner=former, now=timezone.now())
    for user in (former, buyer):
        assert AuditEntry.objects.about_owner(user.pk).filter(act="desk.handed_over").exists()


def test_the_word_of_ev_energy_holds_again_once_it_names_somebody_else(desk: Client) -> None:
    car, buyer, third = make_vehicle(), make_owner(email=NEW), make_owner()
    hand_over(desk, car, NEW)
    at_buyers = vehicle_resource(id=car.pk, owner=buyer)
    at_thirds = vehicle_resource(id=car.pk, owner=third)

    store_page(resources=[at_buyers], now=timezone.now())
    car.refresh_from_db()
    assert (car.owner, car.handed_over_under) == (buyer, "")
    store_page(resources=[at_thirds], now=timezone.now())

    car.refresh_from_db()
    assert car.owner == third


@pytest.mark.parametrize("which", ["its owner", "staff", "closed", "unknown"])
def test_a_car_goes_to_nobody_who_cannot_have_it(desk: Client, which: str) -> None:
    car = make_vehicle()
    to = {
        "its owner": lambda: car.owner.email,
        "staff": lambda: make_staff().email,
        "closed": lambda: make_owner(is_active=False).email,
        "unknown": lambda: "nobody@example.com",
    }[which]()

    response = hand_over(desk, car, to)

    assert response.status_code == 400
    assert Vehicle.objects.get().owner == car.owner


def test_a_second_tab_does_not_hand_on_what_was_handed_over(desk: Client) -> None:
    car, buyer, third = make_vehicle(), make_owner(), make_owner()
    former = car.owner_id
    hand_over(desk, car, buyer.email)

    response = hand_over(desk, car, third.email, seen=former)

    assert "another owner by now" in said(response)
    assert Vehicle.objects.get().owner == buyer


@pytest.mark.parametrize("vehicle_id", ["vhcl01J443798BF893ZHFQVCS0FA23"])
def test_a_car_that_is_none_is_not_found(desk: Client, vehicle_id: str) -> None:
    assert desk.get(path_of("vehicles_vehicle_hand_over", vehicle_id)).status_code == 404
