"""Staff at the counter: pick the stale cars, confirm, watch the links being made, hand one to the customer."""

from collections.abc import Callable

import pytest
import requests
from django.contrib.auth.models import Permission
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.reconnects.models import Batch, Reconnect, State
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Sandbox, Visitor
from tests.factories import (
    make_id,
    make_make,
    make_model,
    make_owner,
    make_staff,
    make_stale_vehicle,
    make_vehicle,
)
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-staff-password"
RIGHTS = [
    "view_vehicle",
    "view_batch",
    "view_reconnect",
    "request_reconnect_links",
    "view_reconnect_links",
]


@pytest.fixture
def stale_cars(portal: LiveServer, sandbox: Sandbox) -> list[Vehicle]:
    """Two cars that have lost their connection, here and at the sandbox, beside one that works."""
    email = f"{make_id('bert')}@example.com".lower()
    body = {"email": email, "state": "INACTIVE", "count": 2, "hours": 24}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner = make_owner(email=email, ev_energy_user_id=added["user_id"])
    model = make_model("EX30", make=make_make("Volvo"))
    make_vehicle(owner=owner, model=model)
    return [make_stale_vehicle(owner=owner, model=model, vehicle_id=found) for found in added["vehicle_ids"]]


def sign_in(page: Page, portal: LiveServer) -> None:
    staff = make_staff(password=PASSWORD)
    staff.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    page.goto(f"{portal.url}/admin/")
    page.locator("[name=username]").fill(staff.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()


def ask_for_links(desk: Page, portal: LiveServer, cars: list[Vehicle]) -> None:
    desk.goto(f"{portal.url}/admin/vehicles/vehicle/?stale=yes")
    for car in cars:
        desk.locator(f"input[name=_selected_action][value={car.pk}]").check()
    desk.locator("select[name=action]").select_option("request_reconnect_links")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_text("Links are made for 2 vehicles.")).to_be_visible()
    desk.get_by_role("button", name="Make 2 links").click()
    expect(desk.get_by_role("heading", name="Under way")).to_be_visible()
    expect(desk.get_by_text("0 of 2 done")).to_be_visible()


def open_as_customer(page: Page, link: str, sandbox: Sandbox) -> None:
    page.goto(link)
    assert page.url.startswith(sandbox.origin)
    expect(page.get_by_role("heading", name="Reconnect your car")).to_be_visible()


def test_staff_watch_a_batch_finish_and_hand_over_a_link(
    visitor: Callable[..., Visitor], portal: LiveServer, sandbox: Sandbox, stale_cars: list[Vehicle]
) -> None:
    office = visitor(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    desk = office.page
    sign_in(desk, portal)
    ask_for_links(desk, portal, stale_cars)

    run_tasks()

    expect(desk.get_by_role("heading", name="Finished")).to_be_visible()
    row = desk.locator("#rows tbody tr").filter(has_text=stale_cars[0].pk)
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert copied == Reconnect.objects.get(vehicle=stale_cars[0]).url
    row.get_by_text("QR code").click()
    expect(row.locator("img.qr")).to_have_js_property("complete", True)
    assert row.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    open_as_customer(visitor().page, copied, sandbox)


def test_staff_do_the_same_without_javascript(
    visitor: Callable[..., Visitor], portal: LiveServer, sandbox: Sandbox, stale_cars: list[Vehicle]
) -> None:
    desk = visitor(java_script_enabled=False, viewport={"width": 1280, "height": 800}).page
    sign_in(desk, portal)
    ask_for_links(desk, portal, stale_cars)

    run_tasks()

    expect(desk.get_by_role("heading", name="Finished")).to_be_visible(timeout=15_000)
    assert Batch.objects.get().reconnects.filter(state=State.LINK_READY).count() == 2
    row = desk.locator("#rows tbody tr").filter(has_text=stale_cars[1].pk)
    expect(row.get_by_role("button", name="Copy")).to_be_hidden()
    open_as_customer(visitor(java_script_enabled=False).page, row.get_by_label("Link").input_value(), sandbox)
