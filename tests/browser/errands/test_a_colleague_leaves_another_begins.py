"""The errand "a colleague leaves, another begins", as a Lead; a Reader has no way to it. And two ways to sign in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.colleagues.joining import send_link
from onboarding_portal.accounts.models import User
from onboarding_portal.staff_groups import StaffGroup
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.browser.journeys import fits_the_screen
from tests.factories import make_staff
from tests.test_permissions import member_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_as_a_lead(portal: LiveServer, visitor: Callable[..., Visitor]) -> None:
    leaver, lead = member_of(StaffGroup.AGENT), visitor(viewport={"width": 1280, "height": 900})
    errand = Errand(lead.page, portal.url, group="lead")
    errand.sign_in()
    page = errand.page

    errand.click(page.get_by_role("link", name="Colleagues").first)
    errand.click(page.get_by_role("link", name=leaver.email))
    errand.click(page.get_by_role("link", name="End their access"))
    errand.click(page.get_by_role("button", name="End their access"))
    page.goto(portal.url + reverse("admin:accounts_colleague_add"))
    page.get_by_label("E-mail address").fill("new@example.com")
    page.get_by_label("Group").select_option(label="Agent")
    errand.click(page.get_by_role("button", name="Save", exact=True))

    newcomer = User.objects.get(email="new@example.com")
    leaver.refresh_from_db()
    assert not leaver.is_active
    assert [group.name for group in newcomer.groups.all()] == ["Agent"]
    assert lead.complaints == []


def test_the_new_colleague_begins_by_the_keyboard_on_a_phone(
    portal: LiveServer, visitor: Callable[..., Visitor]
) -> None:
    phone, lead = visitor(viewport={"width": 360, "height": 740}), member_of(StaffGroup.LEAD)
    page = phone.page
    newcomer = make_staff(email="new@example.com", password=None)
    send_link(colleague=newcomer, by=lead)
    link = re.search(r"http\S+/admin/password/\S+", str(mail.outbox[-1].body))
    assert link
    page.goto(link[0])
    page.get_by_label("New password", exact=False).first.focus()
    page.keyboard.type("a-good-long-one")
    page.keyboard.press("Tab")
    page.keyboard.type("a-good-long-one")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/login/")
    page.locator("[name=username]").fill(newcomer.email)
    page.locator("[name=password]").fill("a-good-long-one")
    page.keyboard.press("Enter")

    page.get_by_role("link", name="Second factor").wait_for()
    assert fits_the_screen(page)
    assert phone.complaints == []


def test_a_reader_has_no_way_to_it(portal: LiveServer, visitor: Callable[..., Visitor]) -> None:
    errand = Errand(visitor().page, portal.url, group="reader")
    errand.sign_in()

    assert errand.page.get_by_role("link", name="Colleagues").count() == 0
    answer = errand.page.goto(f"{portal.url}/admin/accounts/colleague/")
    assert answer
    assert answer.status == 403


def test_a_passkey_is_added_and_used_in_a_real_browser(
    portal: LiveServer, visitor: Callable[..., Visitor], settings: Any
) -> None:
    settings.PORTAL_HOST = "localhost"
    lead = visitor(viewport={"width": 1280, "height": 900})
    page, errand = lead.page, Errand(lead.page, portal.url, group="lead")
    devtools = lead.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**key, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    errand.sign_in()
    page.goto(f"{portal.url}/admin/second-factor/passkey/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    lead.context.clear_cookies()

    errand.sign_in()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("link", name="Second factor").wait_for()

    assert lead.complaints == []
