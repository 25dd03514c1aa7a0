"""Both journeys and staff's bulk work, through the processes of a deployment."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import Sandbox
from tests.browser.journeys import approve, leave_for_the_manufacturer
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.people import (
    ask_for_links,
    become_known_to_ev_energy,
    sign_in,
    sign_in_as_staff,
    wait_until_finished,
)

pytestmark = pytest.mark.rehearsal

TRIES = 10


def test_owner_connects_a_car_and_reconnects_it_when_it_has_gone_stale(
    browser_page: Callable[[], Page], deployment: Deployment, sandbox: Sandbox, email: str
) -> None:
    sandbox.behave(first_sample_after_seconds=1, sample_interval_seconds=2)
    page = browser_page()
    sign_in(page, deployment, email=email)

    page.goto(f"{deployment.url}/connect/?q=tesla")
    page.locator(".choice-list a").first.click()
    leave_for_the_manufacturer(page)
    approve(page)
    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()

    page.goto(f"{deployment.url}/vehicles/")
    page.locator("a.card-link").click()
    vehicle_id = page.url.rstrip("/").rpartition("/")[2]
    deployment.break_connection(vehicle_id)
    page.reload()
    page.locator(f"form[action$='/{vehicle_id}/reconnect/'] button").first.click()
    assert page.url.startswith(sandbox.origin)
    page.locator("#continue").click()
    page.locator("#sign_in").click()
    page.wait_for_url(f"{deployment.url}/**")
    for _ in range(TRIES):  # a sync may come before the car's first sample, or while the clock's is running
        deployment.manage("sync_vehicles")
        page.goto(f"{deployment.url}/vehicles/{vehicle_id}/")
        if page.locator(".badge").inner_text() == "Working":
            break
    expect(page.locator(".badge")).to_have_text("Working")
    expect(page.get_by_role("button", name="Reconnect")).to_have_count(0)
    assert deployment.links_made()[vehicle_id] == 1


def test_staff_make_links_for_many_cars_at_once(
    browser_page: Callable[[], Page], deployment: Deployment, email: str
) -> None:
    owner = browser_page()
    sign_in(owner, deployment, email=email)
    become_known_to_ev_energy(owner, deployment)
    cars = deployment.add_cars(email=email, count=12)

    page = browser_page()
    sign_in_as_staff(page, deployment)
    ask_for_links(page, deployment, email=email, count=12)
    wait_until_finished(page, count=12)

    made = deployment.links_made()
    assert [made[car] for car in cars] == [1] * 12
    link = page.locator("input.link-url").first.input_value()
    assert link.startswith(f"{deployment.sandbox.origin}/vehicle-onboarding/start/")


def test_what_a_stranger_sees_of_a_failure_is_no_debug_page(deployment: Deployment) -> None:
    answer = requests.get(f"{deployment.url}/no-such-page/", timeout=10)

    assert answer.status_code == 404
    assert "URLconf" not in answer.text
    assert "Content-Security-Policy" in answer.headers
