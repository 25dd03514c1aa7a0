"""From an invitation to the manufacturer in three taps, and makes that narrow while one types."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.invitations.mail import send
from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.consents.models import Consent
from onboarding_portal.sandbox.catalogue import load_catalogue
from tests.browser.conftest import Sandbox, Visitor
from tests.browser.journeys import fits_the_screen, mailed_code, sign_in
from tests.factories import make_id, make_make

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
EMAIL = "bob@example.com"


class Finger:
    """Taps what it sees, without scrolling, and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.taps += 1

    def tap(self, target: Locator, *, counts: bool = True) -> None:
        expect(target).to_be_in_viewport(ratio=1)
        assert self.page.evaluate("window.scrollY") == 0
        target.click()
        self.taps += counts


@pytest.fixture
def tesla() -> Make:
    found = next(make for make in load_catalogue().makes.values() if make.name == "Tesla")
    return make_make("Tesla", make_id=found.make_id, onboardable=True)


@pytest.fixture
def mailed_link(portal: LiveServer, tesla: Make) -> str:
    invitation, token = Invitation.objects.invite(email=EMAIL, invited_by=None, now=timezone.now())
    invitation.make_id = tesla.pk
    invitation.save(update_fields=["make_id"])
    send(invitation=invitation, token=token)
    found = re.search(r"http://\S+/invite/\S+", str(mail.outbox[-1].body))
    assert found
    return found.group()


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
@pytest.mark.parametrize("proves_mailbox", [False, True], ids=["with a code", "without a code"])
def test_an_invited_owner_of_a_known_make_is_at_the_manufacturer_in_three_taps(
    visitor: Callable[..., Visitor],
    mailed_link: str,
    sandbox: Sandbox,
    settings: Settings,
    proves_mailbox: bool,
    java_script: bool,
) -> None:
    settings.INVITATION_PROVES_MAILBOX = proves_mailbox
    page = visitor(viewport=PHONE, java_script_enabled=java_script).page
    finger = Finger(page)

    finger.open(mailed_link)
    finger.tap(page.get_by_role("button", name="Start"))
    if not proves_mailbox:
        page.get_by_label("Code").fill(mailed_code(after=1))
        finger.tap(page.get_by_role("button", name="Sign in"), counts=False)
    finger.tap(page.get_by_role("button", name="Agree and go on to Tesla"))

    page.wait_for_url(f"{sandbox.origin}/**")
    assert finger.taps == 3
    assert Consent.objects.get().owner == User.objects.get(email=EMAIL)


@pytest.fixture
def makes(tesla: Make) -> None:
    for name in (
        "Audi",
        "BMW",
        "Fiat",
        "Hyundai",
        "Kia",
        "Mazda",
        "MG",
        "Nissan",
        "Polestar",
        "Volvo",
        "Zeekr",
    ):
        make_make(name)


@pytest.mark.usefixtures("makes")
def test_the_list_narrows_as_one_types(phone: Page, portal: LiveServer) -> None:
    sign_in(phone, portal.url, email=f"{make_id('anna')}@example.com")
    phone.goto(f"{portal.url}/connect/")
    box = phone.get_by_role("searchbox", name="Search for your car")
    expect(phone.get_by_role("link", name="Volvo")).to_be_visible()

    box.press_sequentially("hyndai")

    expect(phone.locator("#found-words")).to_have_text("One car fits.")
    expect(phone.get_by_role("link", name="Hyundai")).to_be_visible()
    expect(phone.get_by_role("link", name="Volvo")).to_be_hidden()
    expect(box).to_be_focused()
    expect(phone).to_have_url(f"{portal.url}/connect/?q=hyndai")
    box.fill("")
    expect(phone.get_by_role("link", name="Volvo")).to_be_visible()
    expect(phone).to_have_url(f"{portal.url}/connect/")


@pytest.mark.usefixtures("makes")
def test_without_javascript_it_is_a_plain_search_and_letters_jump(
    visitor: Callable[..., Visitor], portal: LiveServer
) -> None:
    page = visitor(viewport=PHONE, java_script_enabled=False).page
    sign_in(page, portal.url, email=f"{make_id('anna')}@example.com")
    page.goto(f"{portal.url}/connect/")

    page.get_by_role("link", name="Z", exact=True).click()
    expect(page.get_by_role("link", name="Zeekr")).to_be_in_viewport()
    page.get_by_role("searchbox", name="Search for your car").fill("hyndai")
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("link", name="Hyundai")).to_be_visible()
    assert fits_the_screen(page)
