"""What owners and staff do in a browser, with mail that is really mailed."""

from playwright.sync_api import Page, expect

from tests.browser.journeys import ask_for_a_code, enter_code, leave_for_the_manufacturer
from tests.rehearsal.deployment import STAFF_EMAIL, STAFF_PASSWORD, Deployment

LONGEST_BATCH_MS = 40_000


def sign_in(page: Page, deployment: Deployment, *, email: str) -> None:
    sent = len(deployment.mailbox.mails_to(email))
    ask_for_a_code(page, deployment.url, email=email)
    enter_code(page, code=deployment.mailbox.wait_for_code(address=email, after=sent))


def become_known_to_ev_energy(page: Page, deployment: Deployment) -> None:
    """Starts to connect a car, which makes the owner a user at ev.energy, and leaves it at that."""
    page.goto(f"{deployment.url}/connect/")
    page.get_by_role("link", name="Choose at ev.energy").click()
    leave_for_the_manufacturer(page)
    page.wait_for_url(f"{deployment.sandbox.origin}/**")


def sign_in_as_staff(page: Page, deployment: Deployment) -> None:
    page.goto(f"{deployment.url}/admin/")
    page.locator("[name=username]").fill(STAFF_EMAIL)
    page.locator("[name=password]").fill(STAFF_PASSWORD)
    page.locator("[type=submit]").click()
    expect(page.locator("#user-tools")).to_contain_text(STAFF_EMAIL)


def ask_for_links(page: Page, deployment: Deployment, *, email: str, count: int) -> None:
    """Ticks all of an owner's vehicles, asks for links, confirms, and is on the batch's page."""
    page.goto(f"{deployment.url}/admin/vehicles/vehicle/?q={email}")
    page.locator("#action-toggle").check()
    page.locator("[name=action]").select_option("request_reconnect_links")
    page.locator("button[name=index]").click()
    page.get_by_role("button", name=f"Make {count} links").click()
    expect(page.locator("#progress")).to_contain_text(f"of {count} done")


def wait_until_finished(page: Page, *, count: int) -> None:
    """The page keeps itself up to date."""
    expect(page.get_by_role("heading", name="Finished")).to_be_visible(timeout=LONGEST_BATCH_MS)
    expect(page.locator("#progress")).to_contain_text(f"{count} of {count} done")
