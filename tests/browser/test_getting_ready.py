"""From a new connection to the first smart charge, on a phone, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState
from onboarding_portal.readiness.background.job import follow
from onboarding_portal.readiness.owner import asking
from onboarding_portal.sandbox.behaviour import SCOPES
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Sandbox, Visitor
from tests.browser.journeys import fits_the_screen
from tests.factories import make_attempt, make_id, make_make, make_model, make_owner, make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)


def control(sandbox: Sandbox, method: str, path: str, **body: object) -> requests.Response:
    answer = requests.request(method, f"{sandbox.origin}/_sandbox{path}", json=body, timeout=5)
    answer.raise_for_status()
    return answer


@pytest.fixture
def car(portal: LiveServer, sandbox: Sandbox) -> Vehicle:
    """A car that was connected a moment ago and whose switch is off."""
    email, now = f"{make_id('anna')}@example.com", timezone.now()
    added = control(sandbox, "POST", "/vehicles", email=email).json()
    (vehicle_id,) = added["vehicle_ids"]
    control(sandbox, "PATCH", f"/vehicles/{vehicle_id}/needs", is_smart_charging_on=False)
    owner = make_owner(email=email, ev_energy_user_id=added["user_id"])
    attempt = make_attempt(owner=owner, state=AttemptState.CONNECTED, started_at=now, returned_at=now)
    car = make_vehicle(
        vehicle_id=vehicle_id,
        owner=owner,
        model=make_model("Kona", make=make_make("Hyundai")),
        is_smart_charging_on=False,
        last_status_at=now,
        connected_at=now,
    )
    Claim.objects.create(attempt=attempt, vehicle_id=car.pk, state=ClaimState.STORED)
    return car


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    visitor: Callable[..., Visitor],
    portal: LiveServer,
    car: Vehicle,
    client: Client,
) -> Page:
    """The owner on the page of the new connection."""
    options = {"viewport": {"width": 360, "height": 780}, "locale": "en-GB"}
    someone = visitor(java_script_enabled=getattr(request, "param", True), **options)
    client.force_login(car.owner)
    name = client.cookies[settings.SESSION_COOKIE_NAME]
    someone.context.add_cookies([{"name": name.key, "value": name.value, "url": portal.url}])
    someone.page.goto(f"{portal.url}/connect/return/{Attempt.objects.get().pk}/")
    return someone.page


with_and_without_javascript = pytest.mark.parametrize(
    "page", [True, False], ids=["with JavaScript", "without JavaScript"], indirect=True
)


def set_off(page: Page) -> None:
    page.get_by_role("link", name="Get ready to charge smartly").click()
    expect(page.get_by_role("heading", name="Where is your car charged?")).to_be_visible()


def type_address(page: Page) -> None:
    page.get_by_label("Street and house number").fill("1 Mill Lane")
    page.get_by_label("Town").fill("London")
    page.get_by_label("Postal code").fill("n1 9gu")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the address").click()


@with_and_without_javascript
def test_owner_goes_the_whole_way_to_the_first_smart_charge(
    page: Page, portal: LiveServer, sandbox: Sandbox, car: Vehicle
) -> None:
    set_off(page)
    type_address(page)
    assert fits_the_screen(page)
    save(page)

    expect(page.get_by_role("heading", name="Who supplies your electricity?")).to_be_visible()
    page.get_by_role("link", name="Rivendell Energy GB").click()
    expect(page.get_by_role("heading", name="Which tariff do you have?")).to_be_visible()
    assert fits_the_screen(page)
    page.get_by_role("button", name="Go Electric (C)").click()
    expect(page.get_by_role("heading", name="Switch smart charging on?")).to_be_visible()
    page.get_by_role("button", name="Switch smart charging on").click()
    expect(page.get_by_role("heading", name="Ready.")).to_be_visible()

    control(sandbox, "POST", "/nights", count=2)
    Vehicle.objects.update(connected_at=timezone.now() - timedelta(days=3))
    follow()
    page.goto(f"{portal.url}/vehicles/{car.pk}/")

    expect(page.get_by_text("Your Hyundai Kona charged smartly")).to_be_visible()
    assert fits_the_screen(page)
    assert [each.subject for each in mail.outbox] == ["Your Hyundai Kona charged smartly for the first time"]


@with_and_without_javascript
def test_each_step_can_be_left_out_and_comes_back_gently(page: Page) -> None:
    set_off(page)
    for question in ("Who supplies your electricity?", "Switch smart charging on?", "Almost ready"):
        page.get_by_role("link", name="Not now").click()
        expect(page.get_by_role("heading", name=question)).to_be_visible()

    page.get_by_role("link", name="See your car").click()

    expect(page.get_by_role("link", name="Enter your home address")).to_be_visible()


@pytest.mark.parametrize("missing", ["user:write", "tariff:read"])
def test_steps_without_their_scope_are_passed_over(page: Page, sandbox: Sandbox, missing: str) -> None:
    sandbox.behave(scopes=[scope for scope in SCOPES if scope != missing])
    control(sandbox, "DELETE", "/tokens")  # the next one says so
    page.get_by_role("link", name="Get ready to charge smartly").click()
    if missing == "tariff:read":
        type_address(page)
        save(page)

    expect(page.get_by_role("heading", name="Switch smart charging on?")).to_be_visible()


def test_way_is_whole_without_the_switch_where_its_scope_is_missing(page: Page, sandbox: Sandbox) -> None:
    sandbox.behave(scopes=[scope for scope in SCOPES if scope != "vehicle:write"])
    control(sandbox, "DELETE", "/tokens")
    set_off(page)
    expect(page.get_by_text("1 of 2", exact=False).first).to_be_visible()
    type_address(page)
    save(page)

    page.get_by_role("link", name="Rivendell Energy GB").click()
    page.get_by_role("button", name="Go Electric (C)").click()

    expect(page.get_by_role("heading", name="Ready.")).to_be_visible()
    expect(page.get_by_role("button", name="Switch smart charging on")).to_have_count(0)


def test_what_was_typed_stays_where_ev_energy_is_slow(
    page: Page, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asking.OWNER_WAITS_SECONDS < 10
    monkeypatch.setattr(asking, "OWNER_WAITS_SECONDS", 1.0)
    set_off(page)
    sandbox.behave(latency_ms=6000, operations=["patch-users-user_id"])
    type_address(page)
    save(page)

    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Street and house number")).to_have_value("1 Mill Lane")
    expect(page.get_by_label("Town")).to_have_value("London")
    sandbox.behave_normally()
    save(page)
    expect(page.get_by_role("heading", name="Who supplies your electricity?")).to_be_visible()


@with_and_without_javascript
@pytest.mark.parametrize("trouble", [400, 503])
def test_what_was_typed_stays_where_ev_energy_does_not_take_it(
    page: Page, sandbox: Sandbox, trouble: int
) -> None:
    set_off(page)
    sandbox.behave(status={"patch-users-user_id": trouble})
    type_address(page)
    save(page)
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Street and house number")).to_have_value("1 Mill Lane")

    sandbox.behave_normally()
    save(page)

    expect(page.get_by_role("heading", name="Who supplies your electricity?")).to_be_visible()
