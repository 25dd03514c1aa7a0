"""Errands: an owner asks what is held about them, and to be erased. As a Lead; refused to a Reader; by themselves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import Erasure, User
from onboarding_portal.vehicles.models import CarToErase, Vehicle
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.browser.journeys import fits_the_screen, mailed_code, sign_in
from tests.factories import make_owner, make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

ANN = "ann@example.com"


@pytest.fixture
def car(portal: LiveServer) -> Vehicle:
    return make_vehicle(owner=make_owner(email=ANN, name="Ann Lee"), nickname="Old red")


def at_the_desk(visitor: Callable[..., Visitor], portal: LiveServer, *, group: str) -> Errand:
    errand = Errand(visitor(viewport={"width": 1280, "height": 900}).page, portal.url, group=group)
    errand.sign_in()
    return errand


def find_ann(errand: Errand) -> None:
    page = errand.page
    page.goto(f"{errand.origin}/admin/accounts/user/?q=ann%40")
    errand.click(page.locator("#result_list").get_by_role("link", name=ANN))


def test_lead_exports_an_owner(visitor: Callable[..., Visitor], portal: LiveServer, car: Vehicle) -> None:
    errand = at_the_desk(visitor, portal, group="lead")
    find_ann(errand)
    errand.click(errand.page.get_by_role("link", name="Export", exact=True))
    expect(errand.page.locator("#content")).to_contain_text("Old red")

    with errand.page.expect_download() as download:
        errand.click(errand.page.get_by_role("link", name="Download as JSON"))

    held = json.loads(Path(download.value.path()).read_text())["held"]
    assert held["accounts.User"][0]["email"] == ANN


def test_lead_erases_an_owner_here_and_at_ev_energy(
    visitor: Callable[..., Visitor], portal: LiveServer, car: Vehicle
) -> None:
    errand = at_the_desk(visitor, portal, group="lead")
    find_ann(errand)
    errand.click(errand.page.get_by_role("link", name="Erase", exact=True))
    errand.click(errand.page.get_by_label("Remove the cars at ev.energy, too"))
    errand.click(errand.page.get_by_role("button", name="Yes, erase this owner"))

    expect(errand.page.get_by_text("The owner is erased.")).to_be_visible()
    assert not User.objects.filter(email=ANN).exists()
    assert CarToErase.objects.count() == 1


def test_reader_is_refused_both(visitor: Callable[..., Visitor], portal: LiveServer, car: Vehicle) -> None:
    errand = at_the_desk(visitor, portal, group="reader")
    find_ann(errand)
    for name in ("Export", "Erase"):
        expect(errand.page.get_by_role("link", name=name, exact=True)).to_have_count(0)

    for name in ("export", "erase"):
        answer = errand.page.goto(f"{portal.url}/admin/accounts/user/{car.owner_id}/{name}/")
        assert answer
        assert answer.status == 403
    assert User.objects.filter(email=ANN).exists()


@pytest.mark.parametrize("with_scripts", [True, False])
def test_owner_reads_and_erases_on_a_phone(
    visitor: Callable[..., Visitor],
    portal: LiveServer,
    car: Vehicle,
    with_scripts: bool,
    mailoutbox: list[object],
) -> None:
    page = visitor(java_script_enabled=with_scripts, viewport={"width": 360, "height": 740}).page
    sign_in(page, portal.url, email=ANN)
    page.get_by_role("link", name="Your data").click()
    prove(page, sent=len(mailoutbox))
    page.get_by_role("link", name="Read what is held about you").click()
    expect(page.get_by_text("Old red")).to_be_visible()
    assert fits_the_screen(page)

    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Erase my data").click()
    assert fits_the_screen(page)
    page.get_by_label("Remove my cars at ev.energy, too").check()
    page.get_by_role("button", name="Yes, erase me").click()

    expect(page.get_by_role("heading", name="It is erased")).to_be_visible()
    expect(page.get_by_text("Car 1: Waiting for ev.energy")).to_be_visible()
    assert not User.objects.filter(email=ANN).exists()
    assert Erasure.objects.get().by_kind == "OWNER"


def prove(page: Page, *, sent: int) -> None:
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(mailed_code(after=sent))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Have it erased")).to_be_visible()
