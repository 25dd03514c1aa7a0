"""Every kind of e-mail in a real browser: no wider than the screen, axe finds nothing of WCAG A and AA, pictures off.

The logo is never there: what is sent with a letter is found by mail programs alone. So this is how letters look to
whoever lets no pictures in. They stand below one another in one page, as each has the same head.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from PIL import Image
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from onboarding_portal.brand.contact import read_hours
from tests.accounts.mail_examples import all_letters
from tests.browser.journeys import fits_the_screen
from tests.browser.test_admin_is_accessible import OPTIONS

AXE = Axe()
SCHEMES: list[Any] = ["light", "dark"]
BODY = re.compile(r"(.*<body[^>]*>)(.*)</body>", re.DOTALL)


@pytest.fixture(autouse=True)
def _company_with_all(settings: Settings, tmp_path: Path) -> None:
    settings.BRAND_PRIVACY_URL = "https://brightfield.example/privacy"
    settings.BRAND_PHONE, settings.BRAND_SUPPORT_HOURS = "+44 20 7946 0000", read_hours("Mo-Fr 8-18, Sa 9-13")
    settings.BRAND_LOGO = str(tmp_path / "logo.png")
    Image.new("RGB", (300, 100), "#0b5fff").save(settings.BRAND_LOGO)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(offline=True, viewport={"width": 320, "height": 600})
    yield context.new_page()
    context.close()


def all_in_one() -> str:
    found = [BODY.match(each.html) for each in all_letters()]
    parts = [each.groups() for each in found if each]
    (head,) = {
        re.sub("<title>.*?</title>", "<title>Letters</title>", head, flags=re.DOTALL) for head, _ in parts
    }
    return f"{head}{''.join(body for _, body in parts)}</body></html>"


# The portal's own, and colours in which nobody can read on white, or on black.
@pytest.mark.parametrize(
    ("accent", "language"), [("", "en"), ("", "ar"), ("#ffe600", "en"), ("#101010", "en")]
)
def test_each_is_within_the_screen_and_can_be_read(
    page: Page, settings: Settings, accent: str, language: str
) -> None:
    settings.BRAND_ACCENT_COLOUR = accent
    with translation.override(language):
        page.set_content(all_in_one())

    assert page.locator(".letter").count() > 20
    for width in (320, 600):
        page.set_viewport_size({"width": width, "height": 600})
        assert fits_the_screen(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        violations = AXE.run(page, options=OPTIONS).response["violations"]
        assert [(scheme, each["id"], each["nodes"][0]["html"]) for each in violations] == []
    assert page.locator(".preheader:visible").count() == 0


@pytest.mark.parametrize(("language", "begins_left"), [("en", True), ("ar", False)])
def test_a_letter_begins_where_its_language_does(page: Page, language: str, begins_left: bool) -> None:
    page.set_viewport_size({"width": 600, "height": 600})
    with translation.override(language):
        page.set_content(all_in_one())
    letter = page.locator(".letter", has_text="KRTWXZ").first
    code, cell = letter.locator("span").bounding_box(), letter.bounding_box()

    assert code
    assert cell
    assert (code["x"] + code["width"] / 2 < cell["x"] + cell["width"] / 2) is begins_left
