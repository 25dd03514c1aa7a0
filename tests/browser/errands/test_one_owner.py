"""Errands about one owner on the phone: found by a part of the address, understood, repaired. Refused to a Reader."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import MailKind, SentMail, User
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.models import ByHand, Vehicle
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.factories import make_owner
from tests.reconnects.rows import make_broken_car

pytestmark = pytest.mark.django_db(transaction=True)

ANN, OTHER = "ann.lee@fleet.example", "ann@private.example"
Visit = Callable[..., Visitor]


@pytest.fixture
def car(portal: LiveServer) -> Vehicle:
    owner = make_owner(email=ANN, ev_energy_user_id=None, last_login=timezone.now())
    return make_broken_car(owner=owner)


def find_ann(visitor: Visit, portal: LiveServer, *, group: str = "lead") -> Errand:
    errand = Errand(visitor(viewport={"width": 1280, "height": 900}).page, portal.url, group=group)
    errand.sign_in()
    page = errand.page
    errand.click(page.get_by_role("link", name="Users", exact=True).first)
    page.locator("#searchbar").fill("lee@fl")
    errand.click(page.locator("#changelist-search [type=submit]"))
    errand.click(page.locator("#result_list").get_by_role("link", name=ANN))
    expect(page.get_by_role("heading", name="Cars", exact=True)).to_be_visible()
    return errand


def test_phone_call(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    errand = find_ann(visitor, portal)
    page = errand.page
    expect(page.get_by_text("Connection lost").first).to_be_visible()
    expect(page.get_by_text("To read aloud:")).to_be_visible()

    errand.click(page.get_by_role("button", name="E-mail a reconnect link"))
    errand.click(page.get_by_role("button", name="Send the e-mail"))

    expect(page.get_by_role("heading", name="E-mails").first).to_be_visible()
    assert Reconnect.objects.get().vehicle == car


def test_changed_address(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    errand = find_ann(visitor, portal)
    page = errand.page

    errand.click(page.get_by_role("link", name="Change the e-mail address"))
    page.get_by_label("New e-mail address").fill(OTHER)
    errand.click(page.get_by_role("button", name="Change the address"))

    expect(page.get_by_text("The address is changed. The old one was told.")).to_be_visible()
    assert User.objects.get(pk=car.owner_id).email == OTHER
    assert mail.outbox[-1].to == [ANN]


def test_two_accounts(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    other = make_broken_car(owner=make_owner(email=OTHER))
    errand = find_ann(visitor, portal)
    page = errand.page

    errand.click(page.get_by_role("link", name="Merge with another account"))
    page.get_by_label("Whole address of the other account").fill(OTHER)
    errand.click(page.get_by_role("button", name="Go on"))
    errand.click(page.get_by_role("button", name="Merge the two accounts"))

    expect(page.get_by_text("The two accounts are one now. Both addresses were told.")).to_be_visible()
    other.refresh_from_db()
    assert other.owner_id == car.owner_id


def test_an_owner_gets_no_code(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    SentMail.objects.create(
        owner=car.owner, kind=MailKind.CODE, at=timezone.now(), is_accepted=False, answer="450 busy"
    )
    errand = find_ann(visitor, portal)
    page = errand.page
    expect(page.get_by_text("450 busy")).to_be_visible()

    errand.click(page.get_by_role("button", name="Mail a link to sign in"))

    expect(page.get_by_text("A link to sign in is on its way.")).to_be_visible()
    assert mail.outbox[-1].to == [ANN]


def test_handled_by_hand(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    errand = find_ann(visitor, portal)
    page = errand.page

    errand.click(page.get_by_text("Handle by hand", exact=True))
    page.get_by_label("Why").first.fill("Rang, wants one of us.")
    errand.click(page.get_by_role("button", name="Take it out of batches"))

    expect(page.get_by_text("leave it alone now")).to_be_visible()
    assert ByHand.objects.in_force().get().colleague == errand.colleague
    assert not Vehicle.objects.not_handled_by_hand().exists()


def test_a_reader_looks_and_is_refused_the_rest(visitor: Visit, portal: LiveServer, car: Vehicle) -> None:
    errand = find_ann(visitor, portal, group="reader")
    page = errand.page
    refused: dict[str, Any] = {
        "link": ["Change the e-mail address", "Merge with another account", "Hand over"],
        "button": ["E-mail a reconnect link", "Mail a link to sign in", "Take it out of batches"],
    }

    for role, names in refused.items():
        for name in names:
            expect(page.get_by_role(role, name=name)).to_have_count(0)  # type: ignore[arg-type]  # one of the roles
    for act in ("change-address", "merge"):
        answer = page.goto(f"{portal.url}/admin/accounts/user/{car.owner_id}/{act}/")
        assert answer
        assert answer.status == 403
