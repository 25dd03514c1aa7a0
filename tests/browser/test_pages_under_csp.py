"""Django's own admin pages under the portal's strict policy: they work, and the browser complains of nothing."""

from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Visitor
from tests.factories import make_owner, make_staff, make_trim, make_vehicle

PASSWORD = "a-long-password-for-tests"


@pytest.fixture
def desk(visitor: Callable[..., Visitor], portal: LiveServer) -> Visitor:
    """A member of staff's browser, signed in with everything allowed."""
    make_staff(email="staff@brightfield.example", password=PASSWORD, is_superuser=True)
    at_desk = visitor(viewport={"width": 1280, "height": 900})
    at_desk.page.goto(f"{portal.url}/admin/login/")
    at_desk.page.fill("[name=username]", "staff@brightfield.example")
    at_desk.page.fill("[name=password]", PASSWORD)
    at_desk.page.click("[type=submit]")
    at_desk.page.wait_for_url(f"{portal.url}/admin/")
    return at_desk


def test_every_list_and_form_of_the_admin_loads_without_a_complaint(
    desk: Visitor, portal: LiveServer
) -> None:
    make_vehicle(owner=make_owner())
    make_trim()

    for model in admin.site._registry:
        listed = f"{portal.url}/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert desk.page.goto(listed).status == 200  # type: ignore[union-attr]  # only about:blank has no answer
        row = desk.page.locator("#result_list tbody th a").first
        for address in [row.get_attribute("href") if row.count() else None, f"{listed}add/"]:
            answer = address and desk.page.goto(urljoin(listed, address))
            assert not answer or answer.status in {200, 403}, address

    assert desk.complaints == []


def test_the_admins_own_scripts_work(desk: Visitor, portal: LiveServer) -> None:
    for _ in range(3):
        make_owner()
    desk.page.goto(f"{portal.url}/admin/accounts/user/")

    desk.page.click("#action-toggle")

    assert desk.page.locator("tr.selected").count() == 4
    assert "4 of 4 selected" in desk.page.inner_text(".action-counter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_admin_has_its_styles(visitor: Callable[..., Visitor], portal: LiveServer, scheme: str) -> None:
    page = visitor(color_scheme=scheme, viewport={"width": 1280, "height": 900}).page

    page.goto(f"{portal.url}/admin/login/")

    background = page.evaluate("getComputedStyle(document.querySelector('#header')).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(24, 33, 29)"}[scheme]
