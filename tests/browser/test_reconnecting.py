import os
from collections.abc import Callable, Iterator

import pytest
import requests
from django.contrib.auth.models import Permission
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.browser.conftest import Sandbox, Visitor, running_sandbox
from tests.browser.journeys import sign_in
from tests.browser.keyboard import press, tab_to
from tests.factories import make_id, make_make, make_model, make_owner, make_staff, make_stale_vehicle
from tests.reconnects.rows import make_reconnect
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db(transaction=True)


PASSWORD = "a-long-staff-password"
RIGHTS = [
    "view_reconnect",
    "change_reconnect",
    "request_reconnect_links",
    "email_reconnect_links",
    "view_reconnect_links",
]


@pytest.fixture(scope="module")
def sandbox_process(live_server: LiveServer) -> Iterator[Sandbox]:
    """A sandbox that sends owners back from a reconnect to where this portal receives them."""
    with running_sandbox("--redirect-url", f"{live_server.url}/return/") as sandbox:
        yield sandbox


@pytest.fixture
def owner() -> User:
    return make_owner(email=f"{make_id('clara')}@example.com".lower(), ev_energy_user_id=None)


@pytest.fixture
def vehicle(portal: LiveServer, sandbox: Sandbox, owner: User) -> Vehicle:
    """A car whose sign-in has lapsed, here and at the sandbox."""
    body = {"email": owner.email, "state": "INACTIVE", "count": 1, "hours": 72}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner.link_to_ev_energy(ev_energy_user_id=added["user_id"])
    model = make_model("EX30", make=make_make("Volvo"))
    (vehicle_id,) = added["vehicle_ids"]
    return make_stale_vehicle(owner=owner, model=model, vehicle_id=vehicle_id)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, visitor: Callable[..., Visitor]) -> Page:
    return visitor(java_script_enabled=request.param, viewport={"width": 360, "height": 740}).page


def sign_in_with_the_manufacturer(page: Page, sandbox: Sandbox) -> None:
    assert page.url.startswith(sandbox.origin)
    page.locator("#continue").click()
    page.locator("#sign_in").click()


def cancel_at_the_manufacturer(page: Page, sandbox: Sandbox) -> None:
    assert page.url.startswith(sandbox.origin)
    page.locator("#continue").click()
    page.locator("#cancel").click()


def picture(page: Page, name: str) -> None:
    """For people to look at, where PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the schemes
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)


def let_data_arrive(vehicle: Vehicle) -> None:
    """The first look after the owner left is due, and a worker takes it."""
    Reconnect.objects.filter(vehicle=vehicle).update(next_work_at=timezone.now())
    for _ in range(2):  # the second time for the mail that tells the owner
        sweep_reconnects()
        run_tasks()


def test_owner_reconnects_from_the_cars_page(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    sign_in(page, portal.url, email=owner.email)
    page.goto(f"{portal.url}/vehicles/{vehicle.pk}/")

    page.get_by_role("button", name="Reconnect your Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)
    expect(page.get_by_text("You signed in again.")).to_be_visible()
    let_data_arrive(vehicle)
    page.reload()

    expect(page.get_by_text("Working")).to_be_visible()
    vehicle.refresh_from_db()
    assert (vehicle.integration, vehicle.stale_since) == (Integration.ACTIVE, None)
    assert Reconnect.objects.get().state == State.RECONNECTED
    assert Vehicle.objects.count() == 1
    told = mail.outbox[-1]
    assert "connected again" in told.subject
    assert told.to == [owner.email]


def test_owner_reconnects_from_the_mail_on_another_device_without_signing_in(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_tasks()
    (message,) = mail.outbox
    link = next(word for word in str(message.body).split() if "/reconnect/" in word)

    page.goto(link)
    expect(page.get_by_role("heading", name="Reconnect your Volvo EX30")).to_be_visible()
    page.get_by_role("button", name="Go on to Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)
    expect(page.get_by_text("You signed in again.")).to_be_visible()
    let_data_arrive(vehicle)
    page.goto(link)

    expect(page.get_by_role("heading", name="Your car is already connected")).to_be_visible()
    vehicle.refresh_from_db()
    assert vehicle.stale_since is None
    assert Reconnect.objects.get().state == State.RECONNECTED


def mailed_link() -> str:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_tasks()
    return latest_link()


def latest_link() -> str:
    return next(word for word in str(mail.outbox[-1].body).split() if "/reconnect/" in word)


def sign_in_as_staff(page: Page, origin: str) -> None:
    staff = make_staff(password=PASSWORD)
    staff.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    page.goto(f"{origin}/admin/")
    page.locator("[name=username]").fill(staff.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    expect(page.get_by_role("link", name="Reconnects", exact=True).first).to_be_visible()


def test_owner_cancels_and_then_succeeds_from_the_cars_page(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    sign_in(page, portal.url, email=owner.email)
    page.goto(f"{portal.url}/vehicles/{vehicle.pk}/")
    page.get_by_role("button", name="Reconnect your Volvo").click()

    cancel_at_the_manufacturer(page, sandbox)
    expect(page).to_have_url(f"{portal.url}/vehicles/{vehicle.pk}/")
    expect(page.get_by_text("You stopped before the end.")).to_be_visible()
    expect(page.locator("main button:visible")).to_have_count(1)
    picture(page, "car-stopped")
    page.get_by_role("button", name="Go on to Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)

    expect(page).to_have_url(f"{portal.url}/vehicles/{vehicle.pk}/")
    expect(page.get_by_text("We are waiting for the first data from your Volvo")).to_be_visible()
    expect(page.get_by_text("Waiting for new data")).to_be_visible()
    expect(page.get_by_text("Connection lost")).to_have_count(0)
    picture(page, "car-signed-in")
    let_data_arrive(vehicle)
    page.reload()
    expect(page.get_by_text("Your car is back.")).to_be_visible()


def test_owner_cancels_and_then_succeeds_from_the_mail_in_a_fresh_browser(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    link = mailed_link()
    page.goto(link)
    picture(page, "mail-begin")
    page.get_by_role("button", name="Go on to Volvo").click()

    cancel_at_the_manufacturer(page, sandbox)
    expect(page).to_have_url(link)
    expect(page.get_by_text("You stopped before the end.")).to_be_visible()
    expect(page.locator("main button")).to_have_count(1)
    picture(page, "mail-stopped")
    page.get_by_role("button", name="Go on to Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)

    expect(page).to_have_url(link)
    expect(page.get_by_text("You signed in again.")).to_be_visible()
    expect(page.locator("main button")).to_have_count(0)
    picture(page, "mail-signed-in")
    let_data_arrive(vehicle)
    page.goto(link)
    expect(page.get_by_role("heading", name="Your car is already connected")).to_be_visible()


def test_a_scanner_that_sends_the_form_of_a_mail_changes_nothing_and_a_person_needs_one_more_click(
    portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle, visitor: Callable[..., Visitor]
) -> None:
    link = mailed_link()
    before = Reconnect.objects.values().get()

    for _ in range(3):
        assert "One more click" in requests.post(link, timeout=5).text
    assert Reconnect.objects.values().get() == before

    page = visitor().page
    page.goto(link)
    page.context.clear_cookies()
    page.get_by_role("button", name="Go on to Volvo").click()
    expect(page.get_by_role("heading", name="One more click")).to_be_visible()
    picture(page, "mail-one-more")
    page.get_by_role("button", name="Yes, go on to Volvo").click()
    expect(page.get_by_role("heading", name="Reconnect your car")).to_be_visible()


def test_who_comes_back_in_another_browser_is_told_without_a_car(
    page: Page, portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle
) -> None:
    for query, heading in [
        ("", "You signed in again"),
        ("?error=access_denied", "You stopped before the end"),
    ]:
        page.goto(f"{portal.url}/return/{query}")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        picture(page, heading.replace(" ", "-"))


def test_staff_end_and_renew_open_reconnects(
    page: Page, portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle
) -> None:
    old_link = mailed_link()
    sign_in_as_staff(page, portal.url)

    def act(title: str) -> None:
        """By the button of the open reconnect's page, and the button of the page that asks."""
        row = Reconnect.objects.open().get()
        page.goto(f"{portal.url}/admin/reconnects/reconnect/{row.pk}/change/")
        page.get_by_role("button", name=title, exact=True).click()
        expect(page.get_by_text("This is for 1 reconnect.")).to_be_visible()
        picture(page, f"staff-{title.replace(' ', '-')}")
        page.get_by_role("button", name=title, exact=True).click()
        expect(page.get_by_text("Done for 1 reconnect.")).to_be_visible()
        run_tasks()

    act("E-mail again")
    assert requests.get(old_link, timeout=5).status_code == 410
    new_link = latest_link()
    assert requests.get(new_link, timeout=5).status_code == 200

    act("Make a new link to hand out")
    assert requests.get(new_link, timeout=5).status_code == 410
    handed_out = Reconnect.objects.open().get()
    page.goto(f"{portal.url}/admin/reconnects/reconnect/{handed_out.pk}/change/")
    expect(page.get_by_alt_text("QR code of the link")).to_be_visible()
    picture(page, "staff-page")

    act("Revoke links")
    assert not Reconnect.objects.open().exists()

    make_reconnect(State.EMAILED, vehicle=vehicle)
    page.goto(f"{portal.url}/admin/reconnects/reconnect/?state__exact=EMAILED")
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("cancel_reconnects")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Done for 1 reconnect.")).to_be_visible()
    assert not Reconnect.objects.open().exists()


def test_a_scanner_that_opens_every_link_of_a_mail_changes_nothing_and_spends_no_request(
    portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle
) -> None:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_tasks()
    (message,) = mail.outbox
    before = Reconnect.objects.values().get()
    requests.delete(f"{sandbox.origin}/_sandbox/statistics", timeout=5)

    links = [word for word in str(message.body).split() if word.startswith("http")]
    for link in links * 10:
        assert requests.get(link, timeout=5).status_code == 200

    assert links
    assert Reconnect.objects.values().get() == before
    statistics = requests.get(f"{sandbox.origin}/_sandbox/statistics", timeout=5).json()
    assert statistics["requests"] == {}


def test_owner_reconnects_by_keyboard_alone_and_sees_the_data_come_without_loading_anew(
    visitor: Callable[..., Visitor], portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)

    page = visitor().page
    page.goto(mailed_link())
    press(page, page.get_by_role("button", name="Go on to Volvo"))
    page.locator("#continue").press("Enter")
    page.locator("#sign_in").press("Enter")

    look = page.get_by_role("link", name="Look again")
    tab_to(page, look)
    page.evaluate("document.body.isTheSame = true")
    let_data_arrive(vehicle)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Your car is already connected")).to_be_visible()
    expect(page.locator("main")).to_be_focused()  # what had the focus is gone with what was waited for
    assert page.evaluate("document.body.isTheSame")
    expect(page.locator("#news")).to_contain_text("Your car is already connected")
