"""An owner sees where they are signed in, and signs out there."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import AuditEntry, OwnerSession, User
from onboarding_portal.accounts.session_rows import sessions_of
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

ACCOUNT, DEVICES, CARS = reverse("account"), reverse("account_devices"), reverse("vehicles:list")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def browser(user: User, agent: str) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(ACCOUNT)
    return client


def names(user: User) -> dict[str, str]:
    return {row.browser: row.name for row in sessions_of(user, now=timezone.now())}


def is_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def test_an_owner_sees_their_devices_and_signs_one_out() -> None:
    owner = make_owner()
    phone, laptop = browser(owner, PHONE), browser(owner, LAPTOP)
    browser(make_owner(), PHONE)

    page = laptop.get(ACCOUNT).content.decode()
    laptop.post(DEVICES, {"device": names(owner)["Safari on iPhone"]})

    assert page.count("Safari on iPhone") == 2  # its name, and what the button is about
    assert page.count("this device") == 1
    assert (is_in(phone), is_in(laptop)) == (False, True)
    assert AuditEntry.objects.filter(act="accounts.session_ended", actor_kind="OWNER").count() == 1
    assert "already" in laptop.post(DEVICES, {"device": "x"}, follow=True).content.decode()


def test_the_device_one_sits_at_is_signed_out_as_by_the_button() -> None:
    owner = make_owner()
    laptop = browser(owner, LAPTOP)

    assert laptop.post(DEVICES, {"device": names(owner)["Firefox on Windows"]})["Location"] == "/"
    assert not is_in(laptop)


def test_sign_out_everywhere() -> None:
    owner, other = make_owner(), make_owner()
    phone, laptop, others = browser(owner, PHONE), browser(owner, LAPTOP), browser(other, LAPTOP)

    laptop.post(DEVICES)

    assert [is_in(each) for each in (phone, laptop, others)] == [False, False, True]
    assert list(OwnerSession.objects.values_list("user", flat=True)) == [other.pk]
    assert names(owner) == {}


def test_nobody_signs_out_anothers_device() -> None:
    owner = make_owner()
    phone = browser(owner, PHONE)

    browser(make_owner(), LAPTOP).post(DEVICES, {"device": names(owner)["Safari on iPhone"]})

    assert is_in(phone)


def test_devices_that_open_nothing_any_more_are_not_told() -> None:
    owner = make_owner()
    browser(owner, PHONE)

    User.objects.get().end_sessions()

    assert names(User.objects.get()) == {}


def test_signing_out_takes_the_row_along() -> None:
    phone = browser(make_owner(), PHONE)
    phone.post(reverse("account_logout"))

    assert not OwnerSession.objects.exists()


def test_it_is_noted_once_an_hour_and_never_from_where() -> None:
    owner = make_owner()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        phone, began = browser(owner, PHONE), timezone.now()
        for minutes, seen in ((30, 0), (29, 0), (1, 60), (30, 60)):
            clock.shift(timedelta(minutes=minutes))
            phone.get(CARS)
            assert OwnerSession.objects.get().seen_at == began + timedelta(minutes=seen)
    assert OwnerSession.objects.get().began_at == began
    assert not {field.name for field in OwnerSession._meta.fields} & {"network", "ip_address", "place"}


def test_staff_have_theirs_elsewhere() -> None:
    client = Client()
    client.force_login(make_staff(), backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("admin:index"))

    assert not OwnerSession.objects.exists()
