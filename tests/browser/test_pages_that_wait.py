"""Pages that wait change in their place: focus stays, what is new is said once, and a link does without script."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Visitor
from tests.factories import make_make, make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portal(live_server: LiveServer) -> LiveServer:
    """The portal alone: nothing here calls ev.energy."""
    return live_server


@pytest.fixture
def car() -> Vehicle:
    now = timezone.now()
    return make_vehicle(
        make=make_make("Volvo"),
        last_status_at=None,
        connected_at=now - timedelta(minutes=1),
        read_at=now + timedelta(minutes=5),  # read just now, so that no page has it read again
    )


def signed_in(visitor: Visitor, owner: User) -> Page:
    client = Client()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    visitor.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visitor.portal_url}]
    )
    return visitor.page


def send_data() -> None:
    Vehicle.objects.update(last_status_at=timezone.now(), state_of_charge_percentage=63)


@pytest.fixture
def page(visitor: Callable[..., Visitor], car: Vehicle, portal: LiveServer) -> Page:
    """A page that waits for its car's first data, with a clock the test turns."""
    page = signed_in(visitor(), car.owner)
    page.clock.install()
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    return page


def looks(page: Page) -> list[int]:
    """The statuses of all looks from now on, as they come."""
    statuses: list[int] = []
    page.on(
        "response",
        lambda answer: statuses.append(answer.status) if "x-looks-again" in answer.request.headers else None,
    )
    return statuses


def look_by_itself(page: Page, *, seconds: int = 60) -> None:
    with page.expect_response(lambda answer: "x-looks-again" in answer.request.headers):
        page.clock.fast_forward(seconds * 1000)


def test_what_is_new_is_shown_and_said_while_focus_and_typing_stay(page: Page) -> None:
    page.get_by_text("Name this car").click()
    field = page.get_by_label("Name", exact=False).last
    field.fill("Old f")

    send_data()
    look_by_itself(page)

    expect(page.locator("#content").get_by_text("Working")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("Old f")
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    page.clock.fast_forward(200)
    expect(page.locator("#news")).to_contain_text("Volvo")


def test_a_look_that_finds_nothing_moves_nothing_and_is_not_said(page: Page) -> None:
    statuses = looks(page)
    page.evaluate("document.querySelector('h1').marked = true")

    for _ in range(3):
        look_by_itself(page)

    assert statuses == [200, 304, 304]
    assert page.evaluate("document.querySelector('h1').marked")
    assert page.locator("#news").text_content() == ""


def test_pressing_look_again_says_that_nothing_is_new_and_keeps_the_focus(page: Page) -> None:
    link = page.get_by_role("link", name="Look again")
    link.press("Enter")
    expect(link).to_be_focused()
    page.clock.run_for(200)

    expect(page.locator("#news")).to_have_text("Nothing new yet.")
    expect(link).to_be_focused()


def test_pauses_grow_and_looking_ends_and_says_so(page: Page) -> None:
    statuses = looks(page)
    page.clock.fast_forward(5_000)  # the first comes after ten
    assert statuses == []
    look_by_itself(page, seconds=10)
    page.clock.fast_forward(10_000)  # the second later
    assert len(statuses) == 1
    page.clock.fast_forward(30 * 60 * 1000)
    expect(page.locator("#content").get_by_text("This page has stopped looking by itself")).to_be_visible()
    told = len(statuses)
    page.clock.fast_forward(600_000)
    assert len(statuses) == told

    send_data()
    page.get_by_role("link", name="Look again").press("Enter")
    expect(page.locator("#content").get_by_text("Working")).to_be_visible()


def test_a_page_nobody_looks_at_does_not_look(page: Page) -> None:
    statuses = looks(page)
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    page.evaluate(hide % "true")
    page.clock.fast_forward(600_000)
    assert statuses == []

    with page.expect_response(lambda answer: "x-looks-again" in answer.request.headers):
        page.evaluate(f"{hide % 'false'}; document.dispatchEvent(new Event('visibilitychange'))")


def test_trouble_on_the_way_leaves_the_page_as_it_is(page: Page, portal: LiveServer) -> None:
    def fail(route: Route) -> Any:
        route.fulfill(status=503, body="<main>Gone</main>")

    page.route("**/vehicles/**", fail)
    page.get_by_role("link", name="Look again").press("Enter")
    page.clock.run_for(200)
    expect(page.locator("#news")).to_contain_text("We could not look just now.")
    expect(page.get_by_role("heading", name="Volvo")).to_be_visible()
    page.unroute("**/vehicles/**")

    send_data()
    look_by_itself(page, seconds=120)
    expect(page.locator("#content").get_by_text("Working")).to_be_visible()


def test_whoever_is_signed_out_meanwhile_comes_to_the_sign_in(page: Page, portal: LiveServer) -> None:
    page.context.clear_cookies()
    page.get_by_role("link", name="Look again").press("Enter")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_script_a_link_looks_again(
    visitor: Callable[..., Visitor], car: Vehicle, portal: LiveServer
) -> None:
    page = signed_in(visitor(java_script_enabled=False), car.owner)
    page.goto(f"{portal.url}/vehicles/{car.pk}/")
    expect(page.get_by_text("looks again by itself")).to_be_hidden()

    send_data()
    page.get_by_role("link", name="Look again").click()

    expect(page.locator("#content").get_by_text("Working")).to_be_visible()
