"""Errands with many at once: mail all stale cars of a make, invite 200 from a CSV, a list to Excel."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import Invitation, InvitationImport
from onboarding_portal.reconnects.models import Batch
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.browser.journeys import fits_the_screen
from tests.factories import make_make, make_model, make_stale_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "E-mail;Name;Sprache;Marke;Notiz"
OWNERS = [f"guest{number}@example.com;Owner {number};de;Volvo;" for number in range(200)]
BAD = ["no address;Nobody;;;", "tess@example.com;Tess;;Tessla;", "guest1@example.com;Again;;;"]


@pytest.fixture
def cars(portal: LiveServer) -> list[Vehicle]:
    volvo, kia = make_make("Volvo"), make_make("Kia")
    ours = [make_stale_vehicle(model=make_model("EX30", make=volvo)) for _ in range(3)]
    make_stale_vehicle(model=make_model("EV6", make=kia))
    return ours


def at_the_desk(
    visitor: Callable[..., Visitor], portal: LiveServer, *, group: str, width: int = 1280
) -> Errand:
    errand = Errand(visitor(viewport={"width": width, "height": 900}).page, portal.url, group=group)
    errand.sign_in()
    return errand


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def file_of(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "owners.csv"
    path.write_text("\r\n".join([HEAD, *rows]), encoding="utf-8-sig")
    return path


def test_lead_mails_all_stale_cars_of_a_make_and_follows_it(
    visitor: Callable[..., Visitor], portal: LiveServer, cars: list[Vehicle]
) -> None:
    errand = at_the_desk(visitor, portal, group="lead")
    page = errand.page
    page.goto(f"{portal.url}/admin/vehicles/vehicle/?stale=yes")
    errand.click(page.locator("#changelist-filter").get_by_role("link", name="Volvo", exact=True))
    errand.click(page.locator("#action-toggle"))
    page.locator("select[name=action]").select_option("email_reconnect_links")
    errand.click(page.get_by_role("button", name="Go", exact=True))
    expect(page.locator(".ask-main")).to_contain_text("The owners of 3 vehicles")
    picture(page, "confirm-mails")
    errand.click(page.get_by_role("button", name="E-mail about 3 vehicles"))

    expect(page.get_by_text("0 of 3 done")).to_be_visible()
    picture(page, "batch")
    made = set(Batch.objects.get().reconnects.values_list("vehicle", flat=True))
    assert made == {car.pk for car in cars}


def test_lead_invites_two_hundred_from_a_csv(
    visitor: Callable[..., Visitor], portal: LiveServer, cars: list[Vehicle], tmp_path: Path
) -> None:
    errand = at_the_desk(visitor, portal, group="lead")
    page = errand.page
    errand.click(page.get_by_role("link", name="Invitations", exact=True).first)
    errand.click(page.get_by_role("link", name="Invite from a CSV"))
    page.locator("[type=file]").set_input_files(file_of(tmp_path, *OWNERS, *BAD))
    errand.click(page.get_by_role("button", name="Show what would be done"))
    expect(page.locator(".ask-main")).to_contain_text("200 owners would be invited")
    expect(page.locator("#content")).to_contain_text("no make of this name")
    picture(page, "preview")
    errand.click(page.get_by_role("button", name="Invite 200 owners"))

    expect(page.get_by_text("0 of 200 e-mailed")).to_be_visible()
    picture(page, "progress")
    assert Invitation.objects.count() == 200


def test_an_empty_file_is_told_and_the_preview_fits_a_phone(
    visitor: Callable[..., Visitor], portal: LiveServer, cars: list[Vehicle], tmp_path: Path
) -> None:
    errand = at_the_desk(visitor, portal, group="lead", width=360)
    page = errand.page
    page.goto(f"{portal.url}/admin/accounts/invitationimport/add/")
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    page.locator("[type=file]").set_input_files(empty)
    errand.click(page.get_by_role("button", name="Show what would be done"))
    expect(page.get_by_role("alert")).to_contain_text("The file is empty")
    picture(page, "empty-file-phone")

    page.locator("[type=file]").set_input_files(file_of(tmp_path, *OWNERS[:3], *BAD))
    errand.click(page.get_by_role("button", name="Show what would be done"))
    expect(page.locator(".ask-main")).to_contain_text("3 owners would be invited")
    picture(page, "preview-phone")
    assert fits_the_screen(page)


def test_lead_takes_a_list_to_excel(
    visitor: Callable[..., Visitor], portal: LiveServer, cars: list[Vehicle]
) -> None:
    errand = at_the_desk(visitor, portal, group="lead")
    page = errand.page
    page.goto(f"{portal.url}/admin/vehicles/vehicle/?stale=yes")
    errand.click(page.locator("#changelist-filter").get_by_role("link", name="Volvo", exact=True))
    picture(page, "list")
    with page.expect_download() as download:
        errand.click(page.get_by_role("link", name="Download as CSV"))

    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(text.splitlines()))) == 1 + len(cars)


def test_reader_is_refused_all_of_it(
    visitor: Callable[..., Visitor], portal: LiveServer, cars: list[Vehicle]
) -> None:
    errand = at_the_desk(visitor, portal, group="reader")
    page = errand.page
    page.goto(f"{portal.url}/admin/vehicles/vehicle/?stale=yes")
    expect(page.get_by_role("link", name="Download as CSV")).to_have_count(0)
    expect(page.locator("select[name=action]")).to_have_count(0)
    page.goto(f"{portal.url}/admin/accounts/invitation/")
    expect(page.get_by_role("link", name="Invite from a CSV")).to_have_count(0)

    for address in ("vehicles/vehicle/csv/", "accounts/invitationimport/add/"):
        answer = page.goto(f"{portal.url}/admin/{address}")
        assert answer
        assert answer.status == 403
    assert not InvitationImport.objects.exists()
