"""axe-core finds nothing of WCAG 2.2 A and AA on any page owners see, in any state, and nothing is cut off.

Wide and narrow, light and dark, from left to right and from right to left, and with text twice as large. The states
stand in tests/owner_states/. Each is rendered once; the browser keeps its styles and axe, and is given the bodies.
"""

import os
from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from onboarding_portal.languages import PSEUDO_LANGUAGES
from tests.languages import pseudo
from tests.owner_states import STATES, brought_about

pytestmark = pytest.mark.django_db

ORIGIN = "http://portal.example"
AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": AA}, "resultTypes": ["violations"], "preload": False}
SIZES = {1280: 800, 320: 640}
Look = tuple[int, Any, str]
LOOKS: list[Look] = list(product(SIZES, ["light", "dark"], ["ltr", "rtl"]))
LOOKS_OF_ALL: list[Look] = [(1280, "light", "ltr"), (320, "dark", "rtl")]
# All pages in all looks takes two minutes of a processor: before a release, or when colours or sizes changed.
EVERY_LOOK = os.environ.get("AXE_EVERY_LOOK") == "1"
PUT_ON = """([html, direction, size]) => {
  const next = new DOMParser().parseFromString(html, "text/html");
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  document.documentElement.dir = direction;
  document.documentElement.style.fontSize = size;
  document.body.replaceWith(document.adoptNode(next.body));
}"""
# What sticks out of the page to the side, and what is cut off because its box is too small for it.
CUT_OFF = """() => {
  const isHidden = (each) => each.closest(".visually-hidden, [hidden]") || getComputedStyle(each).clipPath !== "none";
  const width = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")].filter((each) => {
      const box = each.getBoundingClientRect();
      return box.width && (box.right > width + 1 || box.left < -1) && !isHidden(each) && !each.matches(".skip-link");
    });
    found.push(...wide.slice(-2).map((each) => `wider than the screen: ${each.outerHTML.slice(0, 120)}`));
    if (!found.length) found.push("wider than the screen");
  }
  for (const each of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(each);
    const isCut = style.overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1
      || style.overflowY === "hidden" && each.scrollHeight > each.clientHeight + 1;
    if (isCut && each.textContent.trim() && !isHidden(each) && !["auto", "scroll"].includes(style.overflowX))
      found.push(`cut off: ${each.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def pages(django_db_setup: None, django_db_blocker: Any) -> dict[str, str]:
    """Each state's page, rendered once for all looks."""
    shown = {}
    with django_db_blocker.unblock():
        for name in STATES:
            with brought_about(name) as answer:
                shown[name] = answer.content.decode()
    return shown


@pytest.fixture(scope="module")
def browser_page(chromium: Browser, pages: dict[str, str]) -> Iterator[Page]:
    """A page with the stylesheets of owners' pages and axe in it, that states are put on."""
    client = Client()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            route.fulfill(body=next(iter(pages.values())), content_type="text/html")
            return
        got = client.get(path)
        body = b"".join(got) if got.streaming else got.content
        connections.close_all()  # Playwright calls this beside the test, where Django opens others than the test's
        route.fulfill(body=body, status=got.status_code, content_type=got["Content-Type"])

    context = chromium.new_context(reduced_motion="reduce", java_script_enabled=True)
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(ORIGIN)
    page.evaluate(Axe().axe_script)
    yield page
    context.close()


def put_on(page: Page, html: str, look: Look) -> None:
    width, scheme, direction = look
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.emulate_media(color_scheme=scheme)
    page.evaluate(PUT_ON, [html, direction, ""])


def complaints(page: Page, name: str, look: Look) -> list[str]:
    violations = page.evaluate("options => axe.run(document, options).then(run => run.violations)", OPTIONS)
    return [
        f"{name} {look}: {each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for each in violations
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("look", LOOKS if EVERY_LOOK else LOOKS_OF_ALL, ids=str)
def test_axe_finds_nothing_on_any_page_of_owners(
    browser_page: Page, pages: dict[str, str], look: Look
) -> None:
    found = []

    for name, html in pages.items():
        put_on(browser_page, html, look)
        found += complaints(browser_page, name, look)

    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_the_other_looks(browser_page: Page, pages: dict[str, str]) -> None:
    """They differ in nothing but colours and sizes, so each page takes one of them in turn."""
    others = cycle(look for look in LOOKS if look not in LOOKS_OF_ALL)
    found = []

    for (name, html), look in zip(pages.items(), others, strict=False):
        put_on(browser_page, html, look)
        found += complaints(browser_page, name, look)

    assert not found, "\n".join(found)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("width", SIZES)
def test_nothing_is_cut_off_or_wider_than_the_screen(
    browser_page: Page, pages: dict[str, str], width: int, direction: str
) -> None:
    found = []

    for name, html in pages.items():
        put_on(browser_page, html, (width, "light", direction))
        found += [f"{name}: {each}" for each in browser_page.evaluate(CUT_OFF)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(("language", "direction"), [("en-xa", "ltr"), ("ar", "rtl")])
def test_longer_texts_and_other_letters_are_within_a_narrow_screen(
    browser_page: Page, tmp_path: Path, settings: Any, language: str, direction: str
) -> None:
    """Of the whole journeys' texts, 40 % longer ones; and Arabic, whose letters are wider and higher."""
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, pseudo.write(tmp_path, ["en-xa"])]
    settings.LANGUAGES = [*settings.LANGUAGES, *PSEUDO_LANGUAGES]
    found = []

    for name in STATES:
        with brought_about(name, language=language) as answer:
            html = answer.content.decode()
        assert f'<html lang="{language}" dir="{direction}">' in html or "<html" not in html, name
        put_on(browser_page, html, (320, "light", direction))
        found += [f"{name}: {each}" for each in browser_page.evaluate(CUT_OFF)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_lost_with_text_twice_as_large(
    browser_page: Page, pages: dict[str, str], direction: str
) -> None:
    browser_page.set_viewport_size({"width": 360, "height": 740})
    found = []

    for name, html in pages.items():
        browser_page.evaluate(PUT_ON, [html, direction, "200%"])
        found += [f"{name}: {each}" for each in browser_page.evaluate(CUT_OFF)]

    size = browser_page.evaluate("getComputedStyle(document.body).fontSize")
    assert float(size.removesuffix("px")) >= 30
    assert not found, "\n".join(found)


def test_what_axe_is_given_has_its_styles_and_would_be_complained_of(browser_page: Page) -> None:
    """The list of findings is empty because nothing is wrong, not because nothing was looked at."""
    bad = (
        "<html lang=en><title>x</title><body><main><h1>x</h1><p style='color:#ccc'>pale</p><img src=x></main>"
    )
    browser_page.set_viewport_size({"width": 320, "height": 640})
    browser_page.emulate_media(color_scheme="light")
    browser_page.evaluate(PUT_ON, [bad, "ltr", ""])
    told = "\n".join(complaints(browser_page, "bad", (320, "light", "ltr")))
    browser_page.evaluate(PUT_ON, [bad.replace("pale", "<input size=90>"), "ltr", ""])

    assert "color-contrast" in told
    assert "image-alt" in told
    assert browser_page.evaluate(CUT_OFF)
    assert browser_page.evaluate("getComputedStyle(document.body).display") == "flex"  # portal.css is there
    background = browser_page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background != "rgba(0, 0, 0, 0)"  # and the colours are
