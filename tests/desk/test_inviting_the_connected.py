"""An invitation to an owner whose car is connected already is no mistake only when somebody says so."""

import pytest
from django.core import mail

from onboarding_portal.accounts.models import Invitation
from tests.factories import NOW, make_owner, make_vehicle
from tests.reconnects.office import staff_with

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/accounts/invitation/add/"


def test_staff_are_warned_first_and_may_invite_all_the_same() -> None:
    owner, staff = make_vehicle().owner, staff_with("add_invitation", "view_invitation")

    warned = staff.post(ADD, {"email": owner.email})
    assert "has a car connected already" in warned.content.decode()
    assert not Invitation.objects.exists()
    assert not mail.outbox

    staff.post(ADD, {"email": owner.email, "all_the_same": "on"})
    assert Invitation.objects.get().email == owner.email


def test_nobody_is_warned_of_an_owner_without_a_car() -> None:
    gone, staff = make_vehicle(removed_at=NOW).owner, staff_with("add_invitation", "view_invitation")

    for email in (gone.email, make_owner().email, "new@example.com"):
        staff.post(ADD, {"email": email})

    assert Invitation.objects.count() == 3
