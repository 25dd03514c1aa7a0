"""Everything under the owner's own place in a real browser on a small phone, with and without JavaScript."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import Erasure, OwnerSession, User
from onboarding_portal.reconnects.models import HelperLink, Reconnect
from onboarding_portal.vehicles.letting_go import let_due_cars_go
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Sandbox, Visitor, running_sandbox
from tests.browser.journeys import fits_the_screen
from tests.factories import make_id, make_make, make_model, make_owner, make_stale_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"viewport": {"width": 360, "height": 740}}
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def sandbox_process(live_server: LiveServer) -> Iterator[Sandbox]:
    with running_sandbox("--redirect-url", f"{live_server.url}/return/") as sandbox:
        yield sandbox


@pytest.fixture
def owner() -> User:
    return make_owner(email=f"{make_id('clara')}@example.com".lower(), ev_energy_user_id=None)


@pytest.fixture
def car(portal: LiveServer, sandbox: Sandbox, owner: User) -> Vehicle:
    """One whose sign-in has lapsed, here and at the sandbox."""
    body = {"email": owner.email, "state": "INACTIVE", "count": 1, "hours": 72}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner.link_to_ev_energy(ev_energy_user_id=added["user_id"])
    (vehicle_id,) = added["vehicle_ids"]
    model = make_model("EX30", make=make_make("Volvo"))
    return make_stale_vehicle(
        owner=owner,
        model=model,
        vehicle_id=vehicle_id,
        nickname="Old red",
        connected_at=timezone.now() - timedelta(days=7),
        stale_since=timezone.now() - timedelta(days=1),
    )


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, visitor: Callable[..., Visitor], portal: LiveServer) -> Page:
    """Nobody is signed in yet."""
    return visitor(java_script_enabled=request.param, **PHONE).page


@pytest.fixture
def signed_in(page: Page, portal: LiveServer, owner: User) -> Page:
    client = Client()
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": portal.url}])
    return page


def picture(page: Page, name: str) -> None:
    """For people to look at, where PICTURES names a folder. On the way it is seen that the page fits the screen."""
    assert fits_the_screen(page)
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def code_to(address: str) -> str:
    body = next(str(each.body) for each in reversed(mail.outbox) if each.to == [address])
    found = re.search(r"^    ([A-Z]{6})$", body, re.MULTILINE)
    assert found
    return found.group(1)


def test_name_language_zone_and_reminders(signed_in: Page, portal: LiveServer, owner: User) -> None:
    page = signed_in
    page.goto(f"{portal.url}/vehicles/")
    page.get_by_role("link", name="Account").click()
    picture(page, "account")

    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It is saved.")).to_be_visible()
    page.get_by_role("button", name="Stop reminders").click()
    expect(page.get_by_role("button", name="Send me reminders again")).to_be_visible()
    page.get_by_role("button", name="Send me reminders again").click()
    expect(page.get_by_role("button", name="Stop reminders")).to_be_visible()

    owner.refresh_from_db()
    assert (owner.name, owner.time_zone, owner.wants_reminders) == ("Ann Lee", "Asia/Tokyo", True)


def test_the_address_is_changed_with_both_codes(signed_in: Page, portal: LiveServer, owner: User) -> None:
    page, new = signed_in, f"new.{owner.email}"
    page.goto(f"{portal.url}/account/")
    page.get_by_role("link", name="Change the address").click()
    picture(page, "address")
    page.get_by_label("New e-mail address").fill(new)
    page.get_by_role("button", name="Send both codes").click()
    expect(page.get_by_role("heading", name="Enter both codes")).to_be_visible()
    picture(page, "address-codes")

    page.get_by_label(f"Code from the e-mail to {owner.email}", exact=True).fill(code_to(owner.email))
    page.get_by_label(f"Code from the e-mail to {new}", exact=True).fill(code_to(new))
    page.get_by_role("button", name="Change my address").click()

    expect(page.get_by_text("Your address is changed.")).to_be_visible()
    expect(page.get_by_text(new, exact=True)).to_be_visible()


def test_devices_are_signed_out_one_by_one_and_all(signed_in: Page, portal: LiveServer, owner: User) -> None:
    page, laptop = signed_in, Client(HTTP_USER_AGENT=LAPTOP)
    laptop.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    laptop.get("/account/")
    page.goto(f"{portal.url}/account/")

    other = page.get_by_role("listitem").filter(has_text="Firefox on Windows")
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("That device is signed out.")).to_be_visible()
    assert laptop.get("/account/").status_code == 302
    page.get_by_role("button", name="Sign out everywhere").click()

    expect(page.get_by_text("You are signed out on all devices.")).to_be_visible()
    assert not OwnerSession.objects.exists()


def test_data_is_taken_along_and_the_account_deleted(
    signed_in: Page, portal: LiveServer, owner: User
) -> None:
    page = signed_in
    page.goto(f"{portal.url}/account/")
    page.get_by_role("link", name="Read, take along or delete").click()
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(code_to(owner.email))
    page.get_by_role("button", name="Go on").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take it along").click()
    assert download.value.suggested_filename == "your-data.json"

    page.get_by_role("link", name="Erase my data").click()
    page.get_by_label("Erase me at").check()
    page.get_by_role("button", name="Yes, erase me").click()

    expect(page.get_by_role("heading", name="It is erased")).to_be_visible()
    assert Erasure.objects.count() == 1


def test_a_car_is_named_disconnected_and_connected_again(
    signed_in: Page, portal: LiveServer, sandbox: Sandbox, car: Vehicle
) -> None:
    page = signed_in
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    picture(page, "car")
    page.get_by_text("Name this car").click()
    page.get_by_label("Your own name for this car").fill("New red")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New red")
    page.get_by_role("link", name="Disconnect", exact=True).click()
    picture(page, "disconnect")
    page.get_by_role("button", name="Yes, disconnect it").click()

    expect(page.get_by_text("You have disconnected this car")).to_be_visible()
    picture(page, "disconnected")
    page.get_by_role("button", name="Connect it again").click()
    expect(page.locator("#continue")).to_be_visible()
    assert page.url.startswith(sandbox.origin)


def test_a_car_is_removed_at_once_or_later(
    signed_in: Page, portal: LiveServer, sandbox: Sandbox, car: Vehicle
) -> None:
    page = signed_in
    sandbox.behave(status={"*": 503})
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    page.get_by_role("link", name="Remove", exact=True).click()
    picture(page, "remove")
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_text("Your car is being removed")).to_be_visible()
    picture(page, "being-removed")

    sandbox.behave_normally()
    Vehicle.objects.update(leaving_due_at=timezone.now())
    let_due_cars_go.func()
    page.get_by_role("link", name="Your cars").last.click()

    expect(page.get_by_role("heading", name="No cars yet")).to_be_visible()


def test_what_happened_to_a_car_is_told(signed_in: Page, portal: LiveServer, car: Vehicle) -> None:
    page = signed_in
    page.goto(f"{portal.url}/vehicles/{car.pk}/history/")
    picture(page, "history")

    expect(page.get_by_role("listitem").filter(has_text="Seen here for the first time.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="The connection was lost.")).to_be_visible()


def test_a_helper_signs_in_for_the_owner(
    signed_in: Page,
    portal: LiveServer,
    sandbox: Sandbox,
    car: Vehicle,
    visitor: Callable[..., Visitor],
    request: pytest.FixtureRequest,
) -> None:
    page = signed_in
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    page.get_by_role("link", name="Ask a helper").click()
    picture(page, "ask-a-helper")
    page.get_by_label("E-mail address of your helper").fill("bob@example.com")
    page.get_by_role("button", name="Send the e-mail").click()
    expect(page.get_by_text("Your helper gets an e-mail")).to_be_visible()
    found = re.search(r"https?://\S+/help/\S+/", str(mail.outbox[-1].body))
    assert found
    has_script = "without" not in request.node.name
    helper = visitor(java_script_enabled=has_script, **PHONE).page

    helper.goto(found.group())
    picture(helper, "helper")
    helper.get_by_role("button", name="Go on to Volvo").click()
    helper.locator("#continue").click()
    helper.locator("#sign_in").click()

    expect(helper.get_by_role("heading", name="Thank you")).to_be_visible()
    picture(helper, "helper-thanks")
    assert Reconnect.objects.get().vehicle_id == car.pk
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    picture(page, "car-with-helper")
    page.get_by_role("button", name="End the link").click()
    expect(page.get_by_text("The link has ended.")).to_be_visible()
    assert HelperLink.objects.get().ended_at is not None
