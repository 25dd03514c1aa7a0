"""A helper signs in for an owner: one car, one purpose, a few days, and sees nothing of the owner's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.erasing import THEMSELVES, erase
from onboarding_portal.accounts.models import AuditEntry, User
from onboarding_portal.reconnects.helper.asking import LIFETIME
from onboarding_portal.reconnects.models import CameBack, HelperLink, Reconnect, State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.letting_go import ask as let_go
from onboarding_portal.vehicles.models import Leaving, StaleReason, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_make, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import make_broken_car

pytestmark = pytest.mark.django_db

HELPER = "bob@example.com"


def make_car(**fields: object) -> Vehicle:
    owner = make_owner(email="ann@example.com", name="Ann Lee")
    return make_broken_car(owner=owner, make=make_make("Volvo"), nickname="Old red", **fields)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def ask_page(car: Vehicle) -> str:
    return reverse("reconnects:ask_helper", args=[car.pk])


def link_to_helper(car: Vehicle, email: str = HELPER) -> str:
    """Asks as the owner does, and returns the path in the helper's e-mail."""
    assert signed_in(car.owner).post(ask_page(car), {"email": email}).status_code == 302
    found = re.search(r"https?://[^/]+(/help/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def test_the_helper_is_told_who_asks_and_why() -> None:
    link_to_helper(make_car())

    (letter,) = mail.outbox
    assert letter.to == [HELPER]
    for words in ("Ann Lee", "ann@example.com", "Volvo", "works until"):
        assert words in str(letter.body)
    assert not User.objects.filter(email=HELPER).exists()
    assert AuditEntry.objects.get().act == "reconnects.helper_asked"


@pytest.mark.parametrize("name", ["see https://evil.example", "evil.example/win", "x@evil.example"])
def test_a_name_that_could_be_a_link_is_left_out(name: str) -> None:
    car = make_car()
    User.objects.filter(pk=car.owner_id).update(name=name)

    link_to_helper(Vehicle.objects.get())

    assert name not in str(mail.outbox[0].body)


def test_looking_changes_nothing_and_shows_the_cars_name_alone() -> None:
    path, helper = link_to_helper(make_car()), Client()

    page = helper.get(path)

    text = page.content.decode()
    assert "Old red" in text
    for words in ("Ann Lee", "ann@example.com", Vehicle.objects.get().pk, "Sign out"):
        assert words not in text
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not Reconnect.objects.exists()
    assert HelperLink.objects.get().opened_at is not None


def test_the_helper_leaves_comes_back_and_is_thanked(ev_energy_api: EvEnergyApi) -> None:
    car = make_car()
    path, helper = link_to_helper(car), Client()
    ev_energy_api.add_reconnect_link(car.pk)
    helper.get(path)

    left = helper.post(path)
    back = helper.get(reverse("reconnects:return"), {"vehicle_uid": car.pk}, follow=True)

    assert left["Location"].startswith("https://app.ev.energy/")
    assert Reconnect.objects.get().state == State.REDIRECTED
    assert HelperLink.objects.get().used_at is not None
    assert "Thank you" in back.content.decode()
    assert "ann@example.com" not in back.content.decode()
    assert "Go on to" not in back.content.decode()
    owners_page = signed_in(car.owner).get(reverse("vehicles:detail", args=[car.pk])).content.decode()
    assert "Went to sign in" in owners_page


def test_who_stopped_halfway_may_go_again_and_who_is_done_may_not(ev_energy_api: EvEnergyApi) -> None:
    car = make_car()
    path, helper = link_to_helper(car), Client()
    ev_energy_api.add_reconnect_link(car.pk)
    helper.get(path)
    helper.post(path)

    assert "Did not get to the end" in helper.get(path).content.decode()
    Reconnect.objects.update(came_back_with=CameBack.DONE)
    calls = len(ev_energy_api.requests)
    assert "Thank you" in helper.post(path).content.decode()
    assert len(ev_energy_api.requests) == calls


def test_a_program_that_sends_the_form_is_asked_once_more(ev_energy_api: EvEnergyApi) -> None:
    path = link_to_helper(make_car())

    page = Client().post(path)

    assert "One more click" in page.content.decode()
    assert not Reconnect.objects.exists()


def ended_by_owner(car: Vehicle) -> None:
    end = reverse("reconnects:end_helper", args=[car.pk, HelperLink.objects.get().pk])
    assert signed_in(car.owner).post(end).status_code == 302


def too_old(car: Vehicle) -> None:
    HelperLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def sold(car: Vehicle) -> None:
    Vehicle.objects.filter(pk=car.pk).update(owner=make_owner())


def another_address(car: Vehicle) -> None:
    User.objects.filter(pk=car.owner_id).update(email="other@example.com")


def closed(car: Vehicle) -> None:
    User.objects.filter(pk=car.owner_id).update(is_active=False)


def gone(car: Vehicle) -> None:
    car.mark_removed(now=timezone.now())


def disconnected(car: Vehicle) -> None:
    assert let_go(vehicle=car, wish=Leaving.DISCONNECTING, owner=car.owner, now=timezone.now())


@pytest.mark.parametrize(
    "meanwhile", [ended_by_owner, too_old, sold, another_address, closed, gone, disconnected]
)
def test_what_ends_a_link(meanwhile: Callable[[Vehicle], None], ev_energy_api: EvEnergyApi) -> None:
    car = make_car()
    path, helper = link_to_helper(car), Client()
    helper.get(path)
    meanwhile(car)

    for answer in (helper.get(path), helper.post(path)):
        assert answer.status_code == 410
        assert "Old red" not in answer.content.decode()
    assert len(ev_energy_api.requests) == 0


def test_erasing_the_owner_or_the_helper_takes_the_link_along() -> None:
    car = make_car()
    path = link_to_helper(car)
    erase(owner=car.owner, by=THEMSELVES, at_ev_energy=False, now=timezone.now())
    assert Client().get(path).status_code == 404

    other = make_broken_car(owner=make_owner(email="eve@example.com"))
    helper = make_owner(email=HELPER)
    path = link_to_helper(other)
    erase(owner=helper, by=THEMSELVES, at_ev_energy=False, now=timezone.now())
    assert Client().get(path).status_code == 404


def test_a_guessed_or_shortened_token_is_unknown() -> None:
    path = link_to_helper(make_car())

    for wrong in (path[:-4] + "/", "/help/x/", "/help/" + "a" * 43 + "/"):
        assert Client().get(wrong).status_code == 404
        assert Client().post(wrong).status_code == 404


def test_anothers_car_can_neither_be_asked_for_nor_its_links_ended() -> None:
    car = make_car()
    path, stranger = link_to_helper(car), signed_in(make_owner())
    own = make_broken_car(owner=make_owner(email="eve@example.com"))
    link = HelperLink.objects.get()

    assert stranger.get(ask_page(car)).status_code == 404
    assert stranger.post(ask_page(car), {"email": HELPER}).status_code == 404
    for vehicle_id in (car.pk, own.pk):
        end = reverse("reconnects:end_helper", args=[vehicle_id, link.pk])
        assert signed_in(own.owner).post(end).status_code == 404
    assert Client().get(path).status_code == 200
    assert len(mail.outbox) == 1


def test_three_links_for_a_car_and_five_e_mails_a_day() -> None:
    car = make_car()
    client = signed_in(car.owner)

    def send(number: int) -> int:
        return client.post(ask_page(car), {"email": f"bob{number}@example.com"}).status_code

    assert [send(number) for number in range(4)] == [302, 302, 302, 409]
    HelperLink.objects.update(ended_at=timezone.now())
    assert [send(number) for number in range(4, 7)] == [302, 302, 429]
    assert len(mail.outbox) == 5


def test_one_mailbox_is_not_flooded_by_many_owners() -> None:
    statuses = [
        signed_in(car.owner).post(ask_page(car), {"email": HELPER}).status_code
        for car in [make_broken_car(owner=make_owner()) for _ in range(6)]
    ]

    assert statuses == [302] * 5 + [429]


@pytest.mark.parametrize("email", ["", "nonsense"])
def test_what_is_no_address_is_told_at_its_field(email: str) -> None:
    car = make_car()

    page = signed_in(car.owner).post(ask_page(car), {"email": email})

    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.content.decode()


def test_a_car_that_works_needs_nobody() -> None:
    car = make_vehicle()
    client = signed_in(car.owner)

    assert client.get(ask_page(car)).status_code == 302
    assert client.post(ask_page(car), {"email": HELPER}).status_code == 302
    assert mail.outbox == []
    assert "A helper" not in client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()


def test_nobody_is_offered_while_the_fault_is_the_manufacturers() -> None:
    owner = make_owner(email="ann@example.com")
    car = make_stale_vehicle(
        StaleReason.SILENT, owner=owner, make=make_make("Volvo"), cause=Cause.PROVIDER_DOWN
    )
    client, page = signed_in(owner), reverse("vehicles:detail", args=[car.pk])

    assert "A helper" not in client.get(page).content.decode()
    assert client.post(ask_page(car), {"email": HELPER}).status_code == 302
    assert mail.outbox == []

    Vehicle.objects.update(cause=Cause.SIGN_IN_EXPIRED)
    assert "A helper" in client.get(page).content.decode()


def test_it_works_for_seven_days() -> None:
    link_to_helper(make_car())

    link = HelperLink.objects.get()
    assert link.expires_at - link.created_at == LIFETIME == timedelta(days=7)
