"""SIGTERM at the worst moment: nobody gets an error, no work is lost."""

import re
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page

from onboarding_portal.ev_energy.turns import TURNS
from tests.browser.conftest import Sandbox
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.load import Load, Route, load, wait_until_answered
from tests.rehearsal.people import (
    ask_for_links,
    become_known_to_ev_energy,
    sign_in,
    sign_in_as_staff,
    wait_until_finished,
)
from tests.rehearsal.processes import wait_until

pytestmark = pytest.mark.rehearsal

LONGEST_END_SECONDS = 10.0  # what the least patient platform gives between SIGTERM and SIGKILL
LINK_TAKES_MS = 2_000
ROUTER_NEEDS_SECONDS = 0.3  # from "send nothing new there" to the last request's arrival there
PAGES = ["/accounts/login/", "/healthz", "/readyz", "/", "/vehicles/", "/static/portal.css"]
SLOW = {"operations": ["post-vehicles-vehicle_id-reconnect"]}


def test_web_answers_all_it_has_accepted_before_it_ends(
    browser_page: Callable[[], Page], deployment: Deployment, sandbox: Sandbox, email: str
) -> None:
    page = browser_page()
    sign_in(page, deployment, email=email)
    become_known_to_ev_energy(page, deployment)
    cars = deployment.add_cars(email=email, count=4)
    old, new = deployment.start_web(), deployment.start_web()
    sandbox.behave(**SLOW, latency_ms=LINK_TAKES_MS)
    page.goto(f"{deployment.url}/vehicles/{cars[0]}/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(deployment.url)}
    route = Route(old.origin)

    with load(route, paths=PAGES, visitors=6) as noted:
        wait_until_answered(noted, old.origin, count=50)
        clicks = click_reconnect(cars, origin=old.origin, cookies=cookies, token=token, noted=noted)
        time.sleep(ROUTER_NEEDS_SECONDS)
        route.origin = new.origin
        time.sleep(ROUTER_NEEDS_SECONDS)
        answered_before = noted.answered(old.origin)
        old.tell_to_end()
        status = old.wait_for_end(seconds=LONGEST_END_SECONDS)
        wait_until_answered(noted, new.origin, count=50)
    for click in clicks:
        click.join()

    assert noted.errors == []
    assert noted.statuses == {200, 302}
    assert noted.answered(old.origin) >= answered_before + TURNS  # the clicks that waited for ev.energy then
    assert status == 0
    # The other owners were told to wait for a moment: their links are the worker's to make.
    wait_until(lambda: set(cars) <= set(deployment.links_made()), what="a link for each click")
    made = deployment.links_made()
    assert [made[car] for car in cars] == [1] * len(cars)


def click_reconnect(
    cars: Sequence[str], *, origin: str, cookies: dict[str, str], token: str, noted: Load
) -> list[threading.Thread]:
    """Owners press the button at this moment: as many requests as there are threads."""

    def click(car: str) -> None:
        form = {"csrfmiddlewaretoken": token}
        noted.note(origin, "POST", f"/vehicles/{car}/reconnect/", data=form, cookies=cookies)

    threads = [threading.Thread(target=click, args=(car,)) for car in cars]
    for thread in threads:
        thread.start()
    return threads


def test_worker_told_to_end_in_a_batch_leaves_nothing_undone_and_nothing_done_twice(
    browser_page: Callable[[], Page], deployment: Deployment, sandbox: Sandbox, email: str
) -> None:
    count = 40
    owner = browser_page()
    sign_in(owner, deployment, email=email)
    become_known_to_ev_energy(owner, deployment)
    cars = deployment.add_cars(email=email, count=count)
    sandbox.behave(**SLOW, latency_ms=200)
    page = browser_page()
    sign_in_as_staff(page, deployment)
    ask_for_links(page, deployment, email=email, count=count)

    def made() -> int:
        links = deployment.links_made()
        return sum(links[car] for car in cars)

    wait_until(lambda: made() >= 10, what="the worker is in the midst of the batch")
    (worker,) = [process for process in deployment.running if process.name == "worker" and process.is_running]
    worker.tell_to_end()
    status = worker.wait_for_end(seconds=LONGEST_END_SECONDS)
    left = count - made()
    deployment.start("worker")
    wait_until_finished(page, count=count)

    assert status == 0
    assert left > 0
    links = deployment.links_made()
    assert [links[car] for car in cars] == [1] * count
    page.reload()
    assert re.search(rf"Link ready\s+{count}\b", page.locator("#progress .states").inner_text())


def test_clock_told_to_end_ends_at_once(deployment: Deployment) -> None:
    clock = deployment.start("clock")
    clock.wait_for_line("Clock: ")

    clock.tell_to_end()

    assert clock.wait_for_end(seconds=LONGEST_END_SECONDS) == 0
