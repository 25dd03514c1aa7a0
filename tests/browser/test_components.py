"""Every part of owners' pages in every state: axe finds nothing of WCAG A and AA, in all four looks."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Visitor
from tests.browser.journeys import fits_the_screen
from tests.browser.test_admin_is_accessible import OPTIONS

pytestmark = pytest.mark.django_db(transaction=True)

AXE = Axe()


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_can_be_read_and_is_within_the_screen(
    visitor: Callable[..., Visitor], live_server: LiveServer, settings: Settings, scheme: str, direction: str
) -> None:
    settings.DEBUG = True
    page = visitor(
        bypass_csp=True, reduced_motion="reduce", viewport={"width": 360, "height": 740}, color_scheme=scheme
    ).page
    page.goto(f"{live_server.url}/brand/components/?scheme={scheme}&dir={direction}")

    assert page.locator(".card").count() > 15
    assert fits_the_screen(page)
    violations = AXE.run(page, options=OPTIONS).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == []
