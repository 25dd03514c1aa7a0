"""Times are the reader's, with UTC beside them."""

from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from onboarding_portal.diagnostics.reader_time import clock, period_form, zone_named
from tests.diagnostics.desk import add_page, entry_json, make_car, page_url, sign_in_staff, text_of
from tests.ev_energy_api import EvEnergyApi

LONDON = ZoneInfo("Europe/London")
ZONE_PAGE = "/admin/vehicles/vehicle/time-zone/"


@pytest.mark.django_db
def test_reader_sees_times_of_the_chosen_zone_with_utc_beside_them(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [entry_json("error", car)])
    address = page_url("list", "error", car)
    answer = staff.post(f"{ZONE_PAGE}?next={address}", {"zone": "Asia/Kolkata"})
    page = text_of(staff.get(answer.headers["Location"]))
    assert answer.headers["Location"] == address
    assert '<time class="moment" datetime="2026-03-14T09:30:00Z">' in page
    assert "14 Mar 2026, 15:00:00 IST" in page
    assert "14 Mar 2026, 09:30:00 UTC" in page
    assert "<option selected>Asia/Kolkata</option>" in page


@pytest.mark.django_db
def test_without_a_choice_times_are_in_the_portals_zone(
    ev_energy_api: EvEnergyApi, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [entry_json("error", car)])
    page = text_of(staff.get(page_url("list", "error", car)))
    assert "14 Mar 2026, 10:30:00 CET" in page


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "\x00", "localtime"])
def test_zone_that_does_not_exist_changes_nothing(zone: str) -> None:
    staff = sign_in_staff()
    staff.post(ZONE_PAGE, {"zone": "Asia/Tokyo"})
    answer = staff.post(f"{ZONE_PAGE}?next=/admin/", {"zone": zone})
    assert answer.status_code == 302
    assert staff.cookies["chosen_time_zone"].value == "Asia/Tokyo"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "", "admin/"],
)
def test_choice_of_a_zone_leads_nowhere_else(target: str) -> None:
    answer = sign_in_staff().post(f"{ZONE_PAGE}?{urlencode({'next': target})}", {"zone": "UTC"})
    assert answer.headers["Location"] == "/admin/"


def test_hour_that_comes_twice_is_wholly_in_the_period() -> None:
    form = period_form({"since": "2026-10-25T01:30", "until": "2026-10-25T01:30"}, zone=LONDON)
    assert form.period.since == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert form.period.until == datetime(2026, 10, 25, 1, 30, 59, 999_999, tzinfo=UTC)


def test_period_across_the_hour_that_comes_twice_is_not_reversed() -> None:
    form = period_form({"since": "2026-10-25T01:50", "until": "2026-10-25T01:10"}, zone=LONDON)
    assert form.errors == {}


def test_hour_that_never_comes_is_taken_as_the_next() -> None:
    form = period_form({"since": "2026-03-29T01:30", "until": ""}, zone=LONDON)
    assert form.period.since == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
@pytest.mark.parametrize("name", ["Pacific/Auckland", "America/New_York", "UTC"])
def test_ends_of_the_calendar_can_be_told(moment: datetime, name: str) -> None:
    zone = zone_named(name)
    assert zone
    assert clock(moment, zone=zone).utc
