"""Rolling deploy: the last release and this one on one database, both at work, while owners go both ways."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, running_sandbox
from tests.browser.journeys import approve, leave_for_the_manufacturer
from tests.rehearsal.conftest import way_to
from tests.rehearsal.deployment import HTTPS, Deployment, complaints, new_database, settings_for
from tests.rehearsal.mailbox import Mailbox
from tests.rehearsal.people import sign_in
from tests.rehearsal.processes import RELEASED, ROOT, free_port, unpack_release, wait_until

pytestmark = pytest.mark.rehearsal

LAST_RELEASE: str = json.loads((ROOT / "tests/rehearsal/released.json").read_text())["commit"]
NO_HISTORY = (
    f"The history has no {LAST_RELEASE}, the last release by tests/rehearsal/released.json. "
    "Clone without --depth, or: git fetch --unshallow"
)
SWEEP = "from onboarding_portal.reconnects.background.tasks import sweep_reconnects; sweep_reconnects()"


def unpack_last_release(folder: Path) -> None:
    """As it was, out of the history; in CI it must be there."""
    archive = subprocess.run(
        ["git", "archive", LAST_RELEASE, *RELEASED], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode and os.environ.get("CI") == "true":
        pytest.fail(NO_HISTORY)
    if archive.returncode:
        pytest.skip(NO_HISTORY)
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive.stdout, check=True)


@pytest.fixture(scope="module")
def releases(
    tmp_path_factory: pytest.TempPathFactory,
    database_url: str,
    mailbox: Mailbox,
    pytestconfig: pytest.Config,
) -> Iterator[dict[str, Deployment]]:
    """The old one's web and worker go on while the new one migrates and starts."""
    trees = {name: tmp_path_factory.mktemp(name) for name in ("old", "new")}
    unpack_last_release(trees["old"])
    unpack_release(trees["new"])
    ports = {name: free_port() for name in trees}
    back_to = f"http://127.0.0.1:{ports['new']}/return/"
    with (
        new_database(database_url) as direct_url,
        way_to(direct_url, pytestconfig) as url,
        running_sandbox("--redirect-url", back_to) as sandbox,
    ):
        settings = settings_for(port=0, database_url=url, mailbox=mailbox, sandbox=sandbox)
        found = {
            name: Deployment(
                release=tree,
                logs=tmp_path_factory.mktemp("logs"),
                settings={**settings, "PORTAL_URL": f"http://127.0.0.1:{ports[name]}"},
                sandbox=sandbox,
                mailbox=mailbox,
            )
            for name, tree in trees.items()
        }
        try:
            for name, deployment in found.items():
                deployment.make_release(**HTTPS)
                if name == "old":
                    deployment.manage("sync_catalogue")
                deployment.start("worker")
                deployment.start_web(port=ports[name])
            sandbox.behave(first_sample_after_seconds=1, sample_interval_seconds=2)
            yield found
        finally:
            for deployment in found.values():
                deployment.end()
    running = [process for deployment in found.values() for process in deployment.running]
    assert not [line for process in running for line in complaints(process.lines)]


@pytest.fixture
def page_at(chromium: Browser) -> Iterator[Callable[[Deployment], Page]]:
    visitors: list[Visitor] = []

    def open_page(deployment: Deployment) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(15_000)
        visitors.append(Visitor(context, deployment.url))
        return visitors[-1].page

    yield open_page
    found = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert not found


def connect(page: Page, deployment: Deployment) -> str:
    """Returns the car's id."""
    page.goto(f"{deployment.url}/connect/?q=tesla")
    page.locator(".choice-list a").first.click()
    leave_for_the_manufacturer(page)
    approve(page)
    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()
    page.goto(f"{deployment.url}/vehicles/")
    page.locator("a.card-link").click()
    return page.url.rstrip("/").rpartition("/")[2]


def reconnect(page: Page, deployment: Deployment, vehicle_id: str) -> None:
    # Signed in here as well: a browser's cookies know no port.
    page.goto(f"{deployment.url}/vehicles/{vehicle_id}/")
    page.locator(f"form[action$='/{vehicle_id}/reconnect/'] button").first.click()
    page.locator("#continue").click()
    page.locator("#sign_in").click()
    page.wait_for_url(f"http://127.0.0.1:*/vehicles/{vehicle_id}/**")


def wait_for_good_news(page: Page, deployment: Deployment, vehicle_id: str, *, clock_of: Deployment) -> None:
    """Data comes in, and a worker of either release sees that the repair is done."""

    def is_back() -> bool:
        clock_of.manage("sync_vehicles")
        clock_of.manage("shell", "-c", SWEEP)
        page.goto(f"{deployment.url}/vehicles/{vehicle_id}/")
        return page.get_by_text("Your car is back.").is_visible()

    wait_until(is_back, what="Your car is back.")
    expect(page.locator(".badge")).to_have_text("Working")


@pytest.mark.parametrize(("first", "second"), [("old", "new"), ("new", "old")])
def test_a_car_connected_in_one_release_is_reconnected_in_the_other(
    releases: dict[str, Deployment],
    page_at: Callable[[Deployment], Page],
    email: str,
    first: str,
    second: str,
) -> None:
    page = page_at(releases[first])
    sign_in(page, releases[first], email=email)
    vehicle_id = connect(page, releases[first])
    releases[first].break_connection(vehicle_id)

    reconnect(page, releases[second], vehicle_id)

    wait_for_good_news(page, releases[first], vehicle_id, clock_of=releases[second])
    assert releases[first].links_made()[vehicle_id] == 1
