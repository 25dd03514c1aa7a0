"""Lists of logs: pages, filters, cache."""

import re
from html import unescape

import pytest

from onboarding_portal.ev_energy.times import iso
from tests.diagnostics.desk import (
    KINDS,
    add_page,
    entry_json,
    logs_path,
    make_car,
    minutes_ago,
    page_url,
    queries,
    sign_in_staff,
    text_of,
    time_field,
)
from tests.ev_energy_api import EvEnergyApi

pytestmark = pytest.mark.django_db


def link(page: str, words: str) -> str | None:
    found = re.search(rf'<a[^>]* href="([^"]+)"[^>]*>{words}</a>', page)
    return unescape(found[1]) if found else None


@pytest.mark.parametrize("kind", KINDS)
def test_staff_read_all_pages_to_the_end_and_back(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, staff = make_car(), sign_in_staff()
    ages = [10, 20, 30, 40, 50]
    entries = [entry_json(kind, car, at=minutes_ago(age)) for age in ages]
    stamps = [entry[time_field(kind)] for entry in entries]
    add_page(ev_energy_api, kind, car, entries[:2], older=stamps[1])
    add_page(
        ev_energy_api,
        kind,
        car,
        entries[2:4],
        newer=stamps[2],
        older=stamps[3],
        query={"page_after": stamps[1]},
    )
    add_page(ev_energy_api, kind, car, entries[4:], newer=stamps[4], query={"page_after": stamps[3]})
    add_page(
        ev_energy_api,
        kind,
        car,
        entries[2:4],
        newer=stamps[2],
        older=stamps[3],
        query={"page_before": stamps[4]},
    )
    first = text_of(staff.get(page_url("list", kind, car)))
    second = text_of(staff.get(link(first, "Older")))
    last = text_of(staff.get(link(second, "Older")))
    back = text_of(staff.get(link(last, "Newer")))
    seen = [re.findall(rf'{kind}_logs/(2026-[^/"]+Z)/"', page) for page in (first, second, last, back)]
    assert seen == [stamps[:2], stamps[2:4], stamps[4:], stamps[2:4]]
    assert link(first, "Newer") is None
    assert link(last, "Older") is None


@pytest.mark.parametrize("kind", KINDS)
def test_period_goes_to_ev_energy_in_utc_and_stays_on_the_next_page(
    ev_energy_api: EvEnergyApi, kind: str
) -> None:
    car, staff = make_car(), sign_in_staff()
    staff.post("/admin/vehicles/vehicle/time-zone/", {"zone": "America/New_York", "next": "/admin/"})
    entry = entry_json(kind, car)
    add_page(ev_energy_api, kind, car, [entry], older=entry[time_field(kind)])
    page = text_of(
        staff.get(page_url("list", kind, car), {"since": "2026-03-13T20:00", "until": "2026-03-14T05:30"})
    )
    field = time_field(kind)
    assert queries(ev_energy_api) == [
        {
            "page_size": "25",
            f"{field}__gte": "2026-03-14T00:00:00Z",
            f"{field}__lte": "2026-03-14T09:30:59.999999Z",
        }
    ]
    assert "since=2026-03-13T20%3A00&until=2026-03-14T05%3A30&page_after=" in str(link(page, "Older"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"since": "2026-03-14T09:00", "until": "2026-03-13T09:00"}, "lies before"),
        ({"since": "yesterday"}, "Give a date and a time"),
        ({"until": "0001-01-01T00:00"}, "Give a date and a time"),
        ({"since": "2026-03-14T09:00+05:00"}, "Give a date and a time"),
        ({"since": "2026-03-14T09:00\x00"}, "Give a date and a time"),
    ],
)
def test_wrong_period_gets_a_message_and_the_page_keeps_the_period_it_showed(
    ev_energy_api: EvEnergyApi, query: dict[str, str], message: str
) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "command", car, [entry_json("command", car)])
    shown = {"shown_since": "2026-03-01T00:00", "shown_until": "2026-03-02T00:00"}
    page = staff.get(page_url("list", "command", car), {**query, **shown})
    assert page.status_code == 200
    assert message in text_of(page)
    assert queries(ev_energy_api)[0]["logged_at__gte"] == "2026-03-01T00:00:00Z"
    assert queries(ev_energy_api)[0]["logged_at__lte"] == "2026-03-02T00:00:59.999999Z"


def test_wrong_period_first_thing_shows_the_newest_entries(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [entry_json("error", car)])
    page = staff.get(page_url("list", "error", car), {"since": "2026-99-99", "shown_since": "nonsense"})
    assert queries(ev_energy_api) == [{"page_size": "25"}]
    assert "401 Unauthorized" in text_of(page)


@pytest.mark.parametrize(
    "query",
    [
        {"page_after": "../../users"},
        {"page_after": "x" * 65},
        {"page_before": "a&b"},
        {"page_after": "2026-03-14T09:30:00Z", "page_before": "2026-03-14T09:30:00Z"},
    ],
)
def test_forged_cursor_never_reaches_ev_energy(ev_energy_api: EvEnergyApi, query: dict[str, str]) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "status", car, [entry_json("status", car)])
    page = text_of(staff.get(page_url("list", "status", car), query))
    assert "This page of the list does not exist" in page
    assert queries(ev_energy_api) == [{"page_size": "25"}]


def test_cursor_ev_energy_refuses_is_told(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    ev_energy_api.add_problem("GET", logs_path("command", car), 400, title="Invalid pagination parameter")
    page = text_of(staff.get(page_url("list", "command", car), {"page_after": "2026-03-14T09:30:00Z"}))
    assert "ev.energy refused the request." in page
    assert "Invalid pagination parameter" in page


@pytest.mark.parametrize(
    "link_header",
    [
        '<https://evil.example/v2/vehicles>; rel="previous"',
        '<about:blank>; rel="previous"',
        '<https://api.ev.energy/v2/x?page_before=%22%3E%3Cscript%3E>; rel="previous"',
    ],
)
def test_way_back_that_cannot_be_used_is_not_offered(ev_energy_api: EvEnergyApi, link_header: str) -> None:
    car, staff = make_car(), sign_in_staff()
    path = logs_path("status", car)
    ev_energy_api.add("GET", path, json=[entry_json("status", car)], headers={"Link": link_header})
    page = text_of(staff.get(page_url("list", "status", car)))
    assert link(page, "Newer") is None
    assert "70" in page


@pytest.mark.parametrize("kind", KINDS)
def test_same_page_is_asked_for_once_a_minute(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, other, staff = make_car(), make_car(), sign_in_staff()
    add_page(ev_energy_api, kind, car, [entry_json(kind, car)])
    add_page(ev_energy_api, kind, other, [entry_json(kind, other)])
    pages = [text_of(staff.get(page_url("list", kind, car))) for _ in range(3)]
    staff.get(page_url("list", kind, car), {"since": "2026-03-14T09:00"})
    staff.get(page_url("list", kind, other))
    assert len(ev_energy_api.requests) == 3
    assert all(iso(minutes_ago(0)) in page for page in pages)


def test_failure_is_not_kept(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    ev_energy_api.add_problem("GET", logs_path("command", car), 403)
    add_page(ev_energy_api, "command", car, [entry_json("command", car)])
    refused = text_of(staff.get(page_url("list", "command", car)))
    granted = text_of(staff.get(page_url("list", "command", car)))
    assert "The portal may not read these logs." in refused
    assert "Start charging" in granted


@pytest.mark.parametrize("kind", KINDS)
def test_empty_log_says_so(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, kind, car, [])
    assert "has no entries of this kind" in text_of(staff.get(page_url("list", kind, car)))


def test_list_speaks_plainly(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    commands = [
        entry_json("command", car, current_milliamps=16500),
        entry_json("command", car, at=minutes_ago(1), command="SEND_SCHEDULE", current_milliamps=None),
        entry_json("command", car, at=minutes_ago(2), command="NEW_COMMAND", current_milliamps=0),
    ]
    # A word ev.energy may add to its list one day.
    ev_energy_api.add("GET", logs_path("command", car), json=commands, breaks_contract=True)
    page = unescape(text_of(staff.get(page_url("list", "command", car))))
    assert "Start charging, 16.5\N{NO-BREAK SPACE}A" in page
    assert "Send a charging schedule" in page
    assert "NEW_COMMAND, 0\N{NO-BREAK SPACE}A" in page


def test_staffs_reading_leaves_owners_their_reserve(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    few = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "200"}
    ev_energy_api.add("GET", logs_path("status", car), json=[entry_json("status", car)], headers=few)
    staff.get(page_url("list", "status", car))
    page = text_of(staff.get(page_url("list", "error", car)))
    assert "used up" in page
    assert len(ev_energy_api.requests) == 1
