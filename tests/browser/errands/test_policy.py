"""A Lead looks at what the policy would do, switches it on and stops it; a Reader sees and changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.reconnects.policy.run import run
from tests.browser.conftest import Visitor
from tests.factories import make_staff
from tests.reconnects.policy.office import is_on, make_due_cars, write

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-staff-password"
MOST_CLICKS = 6


class Desk:
    """A page that counts what is clicked."""

    def __init__(self, page: Page, portal: LiveServer, *, group: str) -> None:
        self.page, self.clicks = page, 0
        staff = make_staff(password=PASSWORD)
        staff.groups.add(Group.objects.get(ready_made__key=group))
        page.goto(f"{portal.url}/admin/")
        page.locator("[name=username]").fill(staff.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[type=submit]").click()

    def click(self, role: str, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]  # one of the roles


def test_a_lead_looks_switches_on_and_stops(visitor: Callable[..., Visitor], portal: LiveServer) -> None:
    make_due_cars(2, stale_since=timezone.now() - timedelta(days=2))
    write(from_hour=0, until_hour=24)
    desk = Desk(page := visitor().page, portal, group="lead")

    desk.click("link", "Policy for e-mails")
    desk.click("link", "What it would do today")
    expect(page.get_by_text("would be mailed now")).to_contain_text("2")
    desk.click("button", "Switch it on")
    expect(page.locator(".policy-word")).to_have_text("The policy is on")
    run(now=timezone.now())
    desk.click("button", "Stop it all")

    expect(page.locator(".messagelist")).to_contain_text("2 e-mails that waited were cancelled")
    assert not is_on()
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert desk.clicks <= MOST_CLICKS


def test_a_reader_sees_and_has_nothing_to_press(visitor: Callable[..., Visitor], portal: LiveServer) -> None:
    write()
    desk = Desk(page := visitor().page, portal, group="reader")

    desk.click("link", "Policy for e-mails")
    expect(page.locator(".policy-word")).to_have_text("The policy is off")
    desk.click("link", "What it would do today")

    expect(page.locator(".policy button")).to_have_count(0)
    expect(page.get_by_role("link", name="Change the rules")).to_have_count(0)
    page.goto(f"{portal.url}/admin/reconnects/policyversion/add/")
    assert (
        "403" in page.title()
        or page.get_by_text("may not").count()
        or page.locator("form#policyversion_form").count() == 0
    )
