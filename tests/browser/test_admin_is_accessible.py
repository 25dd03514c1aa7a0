"""axe-core finds nothing of WCAG 2.2 A and AA on any page of the admin: wide and light, narrow and dark.

The pages are not listed here: each address of the admin is looked at with the rows that the table of permissions has
for it, and what each action asks. A new page is covered as soon as it has its row there.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Visitor
from tests.browser.journeys import fits_the_screen
from tests.diagnostics.desk import KINDS, add_entry, add_page, entry_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_staff
from tests.test_permissions import STAFFS_ADDRESSES, World, signed_in, world

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["world"]  # a fixture

AXE = Axe()
AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": AA}, "resultTypes": ["violations"]}
WIDE, NARROW = (1280, 800), (360, 740)
LOOKS: list[tuple[tuple[int, int], Any]] = [(WIDE, "light"), (NARROW, "dark")]
if os.environ.get("AXE_EVERY_LOOK") == "1":  # before a release, or when colours or sizes changed
    LOOKS += [(WIDE, "dark"), (NARROW, "light")]
PARTS = 3  # so that processes share the pages
ERRORS = ["/admin/nothing/here/", "/admin/vehicles/vehicle/?nope=1", "/admin/vehicles/vehicle/?stale=nope"]


@pytest.fixture
def portal(live_server: LiveServer) -> LiveServer:
    """The portal with ev.energy's answers given in its own process, as the table of permissions has them."""
    return live_server


@pytest.fixture
def lead(world: World, ev_energy_api: EvEnergyApi) -> Client:
    """A superuser's client, in a world with one of everything."""
    car, now = Vehicle.objects.get(pk=world.values["vehicle_id"]), timezone.now()
    for kind in KINDS:
        add_page(ev_energy_api, kind, car, [entry_json(kind, car, at=now)])
        add_entry(ev_energy_api, kind, car, entry_json(kind, car, at=now))
    return signed_in(make_staff(is_superuser=True))


@pytest.fixture
def desk(lead: Client, visitor: Callable[..., Visitor], portal: LiveServer) -> Page:
    """A browser that is signed in as the same."""
    page = visitor(bypass_csp=True, reduced_motion="reduce").page  # axe writes styles of its own
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": lead.cookies[name].value, "url": portal.url}])
    return page


def look_at(page: Page, *, at: str) -> list[str]:
    """What axe finds on the page as it is, in each look, and whether it is wider than the screen."""
    found = []
    for (width, height), scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_load_state("load")
        violations = AXE.run(page, options=OPTIONS).response["violations"]
        found += [
            f"{at} {width} px {scheme}: {each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for each in violations
            for node in each["nodes"][:3]
        ]
        if not fits_the_screen(page):
            found.append(f"{at} {width} px: the page is wider than the screen")
    return found


def html_pages(lead: Client, world: World) -> list[str]:
    """Every address of the admin that shows a page to those who just open it."""
    pages, same = [], Counter[str]()
    for address in STAFFS_ADDRESSES:
        kind = address.name.rpartition("_")[2]
        same[kind] += 1
        if kind in {"history", "delete"} and same[kind] > 3:  # Django's own, the same for every model
            continue
        path = world.path(address)
        answer = lead.get(path)
        is_page = answer["Content-Type"].startswith("text/html") and b"<html" in answer.content
        if answer.status_code == 200 and is_page:
            pages.append(path)
    return [*dict.fromkeys(pages), *ERRORS]


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page_of_the_admin(
    desk: Page, lead: Client, world: World, portal: LiveServer, part: int
) -> None:
    pages = html_pages(lead, world)
    found = []

    for path in pages[part::PARTS]:
        desk.goto(f"{portal.url}{path}")
        found += look_at(desk, at=path)

    assert len(pages) > 50
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_what_actions_ask(desk: Page, lead: Client, portal: LiveServer) -> None:
    found, asked = [], []

    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        form = (lead.get(path).context or {}).get("action_form")
        for action, _title in form.fields["action"].choices[1:] if form else []:
            desk.goto(f"{portal.url}{path}")
            desk.set_viewport_size({"width": 1280, "height": 800})
            desk.locator(f"[name={ACTION_CHECKBOX_NAME}]").last.check()  # the first user is who looks
            desk.locator("[name=action]").first.select_option(action)
            desk.locator("#changelist-form .actions [type=submit]").first.click()
            desk.wait_for_load_state()
            if not desk.locator("#changelist").count():
                asked.append(action)
                found += look_at(desk, at=f"{path} {action}")

    assert {"mark_stale", "email_reconnect_links", "delete_selected", "revoke_links"} <= {*asked}
    assert not found, "\n".join(found)


def test_axe_finds_nothing_where_staff_sign_in(visitor: Callable[..., Visitor], portal: LiveServer) -> None:
    page = visitor(bypass_csp=True, reduced_motion="reduce").page
    page.goto(f"{portal.url}/admin/login/?next=/admin/")
    found = look_at(page, at="sign-in")
    page.locator("[name=username]").fill("jo@example.com")
    page.locator("[name=password]").fill("not-the-password")
    page.locator("[type=submit]").first.click()
    expect(page.locator(".errornote")).to_be_visible()

    assert not found + look_at(page, at="sign-in refused")
