"""The steps of the journeys as an owner takes them in a browser."""

import re

from django.core import mail
from playwright.sync_api import Page, expect


def sign_in(page: Page, origin: str, *, email: str) -> None:
    """Signs in with the code from the e-mail."""
    sent = len(mail.outbox)
    ask_for_a_code(page, origin, email=email)
    enter_code(page, code=mailed_code(after=sent))


def ask_for_a_code(page: Page, origin: str, *, email: str) -> None:
    page.goto(f"{origin}/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code")).to_be_visible()


def enter_code(page: Page, *, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def fits_the_screen(page: Page) -> bool:
    """Whether nothing of the page, once it is there, is wider than the screen."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def mailed_code(*, after: int) -> str:
    assert len(mail.outbox) == after + 1
    found = re.match(r"\w{6}", mail.outbox[-1].subject)
    assert found
    return found.group()


def leave_for_the_manufacturer(page: Page) -> None:
    page.locator("form[action='/connect/start/'] button.button-primary").click()


def approve(page: Page, *, cars: int = 1) -> None:
    """At the sandbox: signs in with the manufacturer and lets ev.energy see so many cars."""
    page.locator("#sign_in").click()
    for place in range(cars):
        page.locator(f"#vehicle-{place}").check()
    page.locator("#approve").click()


def give_up(page: Page) -> None:
    page.locator("#sign_in").click()
    page.locator("#cancel").click()
