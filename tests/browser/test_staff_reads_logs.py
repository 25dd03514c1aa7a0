"""Support staff find out why a customer's car does not charge."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.ev_energy.times import iso
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Sandbox, Visitor
from tests.factories import make_id, make_make, make_model, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-staff-password"


@pytest.fixture
def car(portal: LiveServer, sandbox: Sandbox) -> Vehicle:
    """A car at the sandbox with a month of logs; its newest command, a minute ago, failed."""
    body = {"email": f"{make_id('bert')}@example.com", "state": "ACTIVE"}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner = make_owner(email=body["email"].lower(), ev_energy_user_id=added["user_id"])
    model = make_model("EX30", make=make_make("Volvo"))
    car = make_vehicle(owner=owner, model=model, vehicle_id=added["vehicle_ids"][0])
    command_id, now = "5f0c2c7e-8f43-4a5e-9d0c-3b1f6f6f1a01", timezone.now()
    joined = {"command": "START_CHARGE", "internal_command_id": command_id}
    write(sandbox, car, "command", now - timedelta(seconds=60), current_milliamps=16500, **joined)
    error = {"status_code": 503, "controller": "ENODE", "error_code": "SERVICE_UNAVAILABLE", **joined}
    detail = "The manufacturer's service is <b>down</b> for maintenance."
    write(sandbox, car, "error", now - timedelta(seconds=50), error_detail=detail, **error)
    return car


def write(sandbox: Sandbox, car: Vehicle, kind: str, at: datetime, **fields: Any) -> None:
    entry = {"kind": kind, "logged_at": iso(at), **fields}
    address = f"{sandbox.origin}/_sandbox/vehicles/{car.pk}/logs"
    requests.post(address, json=entry, timeout=5).raise_for_status()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def desk(request: pytest.FixtureRequest, visitor: Callable[..., Visitor], portal: LiveServer) -> Page:
    """Staff who may look at vehicles and read their logs, signed in, in New York."""
    staff = make_staff(password=PASSWORD)
    rights = Permission.objects.filter(codename__in=["view_vehicle", "view_diagnostics"])
    staff.user_permissions.set(rights)
    page = visitor(
        java_script_enabled=request.param,
        viewport={"width": 1280, "height": 800},
        timezone_id="America/New_York",
    ).page
    page.goto(f"{portal.url}/admin/")
    page.locator("[name=username]").fill(staff.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    return page


def test_staff_find_out_why_a_car_does_not_charge(
    desk: Page, car: Vehicle, portal: LiveServer, request: pytest.FixtureRequest
) -> None:
    desk.goto(f"{portal.url}/admin/vehicles/vehicle/")
    desk.locator("#searchbar").fill(car.owner.email)
    desk.locator("#searchbar").press("Enter")
    desk.get_by_role("link", name=car.pk).click()
    desk.get_by_role("link", name="Logs", exact=True).click()

    expect(desk.get_by_role("heading", name="Command logs")).to_be_visible()
    if "without" not in request.node.name:
        expect(desk.get_by_label("Your time zone")).to_have_value("America/New_York")
        expect(desk.locator("table.logs .moment-local").first).to_have_text(re.compile(r" E[SD]T$"))
    newest = stamps_on(desk)
    desk.get_by_role("link", name="Older").click()
    older = stamps_on(desk)
    desk.get_by_role("link", name="Older").click()
    oldest = stamps_on(desk)
    assert [len(newest), len(older)] == [25, 25]
    assert newest + older + oldest == sorted({*newest, *older, *oldest}, reverse=True)
    desk.get_by_role("link", name="Newest").click()

    desk.locator("tr.failed").first.locator("td a").first.click()
    expect(desk.get_by_role("heading", name="Start charging, 16.5 A")).to_be_visible()
    expect(desk.locator(".raw pre")).to_be_hidden()
    desk.get_by_text("ev.energy's answer as it came").click()
    expect(desk.locator(".raw pre")).to_contain_text('"current_milliamps": 16500')
    desk.get_by_role("link", name="503 Service Unavailable, SERVICE_UNAVAILABLE").click()
    said = "The manufacturer's service is <b>down</b> for maintenance."
    expect(desk.locator(".facts").get_by_text(said)).to_be_visible()
    expect(desk.get_by_text("Manufacturer's service down.")).to_be_visible()
    expect(desk.get_by_role("link", name="Start charging, 16.5 A")).to_be_visible()

    desk.get_by_role("link", name="Time line").click()
    expect(desk.get_by_role("group", name="Time line of Volvo EX30")).to_be_visible()
    assert desk.locator("polyline.charge").count() >= 1
    assert desk.locator(".mark-error").count() >= 1
    desk.locator(".chart .mark-command").last.click()
    expect(desk).to_have_url(re.compile("command_logs/"))


def stamps_on(page: Page) -> list[str]:
    times = page.locator("table.logs td:first-child time")
    return [str(times.nth(place).get_attribute("datetime")) for place in range(times.count())]


def test_log_pages_tell_what_is_wrong_while_ev_energy_is_down(
    desk: Page, car: Vehicle, portal: LiveServer, sandbox: Sandbox
) -> None:
    sandbox.behave(error_rate=1.0)
    desk.goto(f"{portal.url}/admin/vehicles/vehicle/{car.pk}/command_logs/")
    expect(desk.get_by_text("ev.energy cannot be reached, or is too slow")).to_be_visible()
    expect(desk.get_by_text(car.owner.email)).to_be_visible()
