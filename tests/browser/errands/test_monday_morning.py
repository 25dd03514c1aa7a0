"""Monday morning: how are the cars, whom do we ask again? From the first page to the owners who gave up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.insights.job import count_insights
from onboarding_portal.reconnects.models import CameBack, Origin, Reconnect, State
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.factories import make_make, make_owner, make_stale_vehicle, make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gave_up() -> Reconnect:
    """One car of three is stale: its owner stopped at ev.energy two days ago and was not asked since."""
    now, volvo = timezone.now(), make_make("Volvo")
    for _ in range(2):
        make_vehicle(make=volvo, last_status_at=now, read_at=now)
    car = make_stale_vehicle(make=volvo, owner=make_owner(), stale_since=now - timedelta(days=9), read_at=now)
    asked_at = now - timedelta(days=2)
    row = Reconnect.objects.create(
        vehicle=car,
        state=State.EXPIRED,
        origin=Origin.OWNER,
        created_at=asked_at,
        redirected_at=asked_at,
        came_back_at=asked_at,
        came_back_with=CameBack.STOPPED,
        ended_at=now - timedelta(days=1),
    )
    count_insights()
    return row


def test_lead_goes_from_the_number_to_the_list_and_has_them_e_mailed_again(
    visitor: Callable[..., Visitor], portal: LiveServer, gave_up: Reconnect
) -> None:
    errand = Errand(visitor(viewport={"width": 1366, "height": 900}).page, portal.url, group="lead")
    errand.sign_in()
    page = errand.page
    cars = page.get_by_role("region", name="Cars", exact=False).first
    expect(cars.get_by_role("row", name="Stale 1")).to_be_visible()

    errand.click(page.get_by_role("link", name="7 days", exact=True))
    errand.click(page.get_by_role("row", name="Gave up at the manufacturer").get_by_role("link"))
    expect(page.get_by_role("cell", name=gave_up.vehicle_id, exact=True)).to_be_visible()
    errand.click(page.locator("#action-toggle"))
    page.locator("select[name=action]").select_option("send_again")
    errand.click(page.get_by_role("button", name="Go"))
    errand.click(page.get_by_role("button", name="E-mail again"))

    expect(page.get_by_text("Done for 1 reconnect.")).to_be_visible()
    asked = Reconnect.objects.open().get()
    assert (asked.vehicle_id, asked.state, asked.wants_email) == (gave_up.vehicle_id, State.QUEUED, True)


def test_reader_sees_the_numbers_and_the_list_but_can_ask_nobody(
    visitor: Callable[..., Visitor], portal: LiveServer, gave_up: Reconnect
) -> None:
    errand = Errand(visitor(java_script_enabled=False).page, portal.url, group="reader")
    errand.sign_in()
    page = errand.page

    errand.click(page.get_by_role("row", name="Gave up at the manufacturer").get_by_role("link"))

    expect(page.get_by_role("cell", name=gave_up.vehicle_id, exact=True)).to_be_visible()
    expect(page.locator("select[name=action]")).to_have_count(0)


def test_staff_without_rights_see_no_number(
    visitor: Callable[..., Visitor], portal: LiveServer, gave_up: Reconnect
) -> None:
    errand = Errand(visitor().page, portal.url, group="")
    errand.sign_in()

    expect(errand.page.get_by_text("Stale")).to_have_count(0)
    answer = errand.page.goto(f"{portal.url}/admin/insights/cars.csv")
    assert answer is not None
    assert answer.status == 403
