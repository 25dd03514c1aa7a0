"""Staff give an owner another address: what the old mailbox holds opens nothing any more, and it is told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.mailed.lasting_link import create_token
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from tests.accounts.journey import CODE, ask_for_code, enter_code, is_signed_in, mailed_code
from tests.factories import make_owner, make_staff
from tests.reconnects.rows import make_broken_car, make_emailed

pytestmark = pytest.mark.django_db

OLD, NEW = "ann@example.com", "new@example.com"


@pytest.fixture
def owner() -> User:
    return make_owner(email=OLD, ev_energy_user_id=None)


def staff_with(*codenames: str) -> Client:
    staff, client = make_staff(), Client()
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff)
    return client


def change_address(owner: User, client: Client, to: str = NEW) -> int:
    address = reverse("admin:accounts_user_change", args=[owner.pk])
    response = client.post(address, {"email": to, "is_active": "on", "wants_reminders": "on"})
    owner.refresh_from_db()
    return int(response.status_code)


def mover() -> Client:
    return staff_with("change_user", "change_user_address")


@pytest.mark.parametrize("rights", [["change_user"], ["change_user_address"], ["change_user", "add_user"]])
def test_an_address_is_changed_only_with_the_right_to(owner: User, rights: list[str]) -> None:
    change_address(owner, staff_with(*rights))

    assert owner.email == OLD
    assert not mail.outbox


@pytest.mark.django_db(transaction=True)
def test_the_old_address_is_told_and_not_the_new_one(owner: User) -> None:
    assert change_address(owner, mover()) == 302

    assert owner.email == NEW
    (letter,) = mail.outbox
    assert letter.to == [OLD]
    assert "was changed" in letter.subject
    assert NEW not in str(letter.message())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("to", [OLD, "ANN@example.com", " ann@EXAMPLE.com "])
def test_the_same_address_in_another_spelling_is_no_change(owner: User, to: str) -> None:
    client = Client()
    client.force_login(owner)

    change_address(owner, mover(), to=to)

    assert not mail.outbox
    assert is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_staff_are_told_when_the_old_address_could_not_be(owner: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_sign_in_limits.MailServerDown"
    client = mover()

    change_address(owner, client)

    assert owner.email == NEW
    assert "could not be told" in client.get("/admin/accounts/user/").content.decode()


def test_a_code_sent_to_the_old_address_opens_nothing_and_is_not_sent_again(owner: User) -> None:
    client, resending = Client(), Client()
    ask_for_code(resending, OLD)
    ask_for_code(client, OLD)
    code, mails = mailed_code(), len(mail.outbox)
    User.objects.filter(pk=owner.pk).update(email=NEW)

    enter_code(client, code)
    resending.post(CODE, {"action": "resend"}, follow=True)

    assert not is_signed_in(client)
    assert all(letter.to == [OLD] for letter in mail.outbox[mails:])
    assert User.objects.get(pk=owner.pk).last_login is None
    assert not any(owner.email in letter.subject for letter in mail.outbox)
    if len(mail.outbox) > mails:  # a new account of the old mailbox, which is nobody's now
        enter_code(resending, mailed_code())
        assert resending.session["_auth_user_id"] != str(owner.pk)


def test_links_mailed_to_the_old_address_stay_dead_when_a_new_one_is_mailed(owner: User) -> None:
    now = timezone.now()
    reconnect, old_token = make_emailed(
        vehicle=make_broken_car(owner=owner), lasting_until=now + timedelta(days=1)
    )
    stop = unsubscribe_url(owner=owner)
    assert Client().get(f"/reconnect/{old_token}/").status_code == 200
    owner.email = NEW
    owner.save()
    assert Client().get(f"/reconnect/{old_token}/").status_code == 404

    reconnect.vehicle.owner.refresh_from_db()
    new_token = create_token(reconnect=reconnect, now=now)

    assert Client().get(f"/reconnect/{old_token}/").status_code == 404
    assert Client().get(f"/reconnect/{new_token}/").status_code == 200
    assert Client().post(stop).status_code == 404
    assert Client().post(unsubscribe_url(owner=owner)).status_code == 200
