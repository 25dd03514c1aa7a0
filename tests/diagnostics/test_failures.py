"""What goes wrong between the portal and ev.energy is told plainly, beside what the portal knows itself."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from time_machine import travel

from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Cause
from tests.diagnostics.desk import (
    KINDS,
    PLACES,
    add_entry,
    add_page,
    entry_json,
    fail,
    logs_path,
    make_car,
    page_url,
    sign_in_staff,
    text_of,
)
from tests.ev_energy_answers import url
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.reconnects.rows import LINK, make_reconnect

pytestmark = pytest.mark.django_db

WORDS = {
    "unauthorized": "ev.energy does not accept the portal&#x27;s credentials.",
    "forbidden": "The portal may not read these logs.",
    "not-found": "ev.energy does not know this vehicle.",
    "limited": "ev.energy takes no more requests from the portal at the moment.",
    "down": "ev.energy cannot be reached, or is too slow, at the moment.",
    "time-out": "ev.energy cannot be reached, or is too slow, at the moment.",
    "broken JSON": "ev.energy&#x27;s answer cannot be understood.",
    "breaks the contract": "ev.energy&#x27;s answer cannot be understood.",
}


@pytest.mark.parametrize("failure", WORDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["list", "entry"])
def test_failure_is_told_beside_what_the_portal_knows(
    ev_energy_api: EvEnergyApi, place: str, kind: str, failure: str
) -> None:
    car = make_car(cause=Cause.SIGN_IN_EXPIRED, cause_detail="Seen in the error log")
    staff = sign_in_staff()
    path = logs_path(kind, car) if place == "list" else f"{logs_path(kind, car)}/2026-03-14T09:30:00Z"
    fail(ev_energy_api, path, failure)
    page = staff.get(page_url(place, kind, car))
    is_missing_entry = (place, failure) == ("entry", "not-found")
    words = "ev.energy has no entry of this time." if is_missing_entry else WORDS[failure]
    assert page.status_code == (404 if is_missing_entry else 200)
    assert words in text_of(page)
    for known in (
        car.owner.email,
        "Disconnected",
        "Connection lost",
        "Sign-in expired",
        "Seen in the error log",
    ):
        assert known in text_of(page)


@pytest.mark.parametrize(
    ("kind", "failure"), [*(("command", name) for name in WORDS), *((name, "forbidden") for name in KINDS)]
)
def test_time_line_draws_what_it_has_and_tells_what_it_has_not(
    ev_energy_api: EvEnergyApi, kind: str, failure: str
) -> None:
    car, staff = make_car(), sign_in_staff()
    make_reconnect(State.EMAILED, vehicle=car).events.create(state=State.EMAILED, at=NOW - timedelta(hours=1))
    for other in KINDS:
        if other == kind:
            fail(ev_energy_api, logs_path(other, car), failure)
        else:
            add_page(ev_energy_api, other, car, [entry_json(other, car)])
    page = staff.get(page_url("timeline", "", car))
    assert page.status_code == 200
    assert WORDS[failure] in text_of(page)
    assert 'class="mark mark-reconnect"' in text_of(page)
    assert car.owner.email in text_of(page)


def test_time_line_asks_no_further_once_ev_energy_is_down(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    for kind in KINDS:
        fail(ev_energy_api, logs_path(kind, car), "down")
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert len(ev_energy_api.requests) == 1
    assert page.count(WORDS["down"]) == 1
    assert "Status logs: not asked for" in page


def test_page_of_the_time_line_that_fails_costs_only_what_lies_before_it(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [])
    add_page(ev_energy_api, "command", car, [])
    newest = entry_json("status", car, at=NOW - timedelta(hours=2))
    add_page(ev_energy_api, "status", car, [newest], older=newest["sampled_at"])
    ev_energy_api.add_problem(
        "GET", logs_path("status", car), 503, headers={"Retry-After": "30"}, breaks_contract=False
    )
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert WORDS["down"] in page
    assert "Here they begin at" in page
    assert 'class="charge-dot"' in page


@pytest.mark.parametrize("place", PLACES)
def test_limited_page_tells_when_it_goes_on(ev_energy_api: EvEnergyApi, place: str) -> None:
    car = make_car()
    entry = "/2026-03-14T09:30:00Z" if place == "entry" else ""
    for kind in KINDS:
        fail(ev_energy_api, f"{logs_path(kind, car)}{entry}", "limited")
    with travel(NOW, tick=False):
        page = text_of(sign_in_staff().get(page_url(place, "error", car)))
    assert 'It goes on at about <time class="moment" datetime="2026-03-14T09:31:30Z">' in page


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_asked_when_only_the_owners_reserve_is_left(
    ev_energy_api: EvEnergyApi, settings: Settings, place: str
) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1000
    car, staff = make_car(), sign_in_staff()
    page = staff.get(page_url(place, "command", car))
    assert page.status_code == 200
    assert "hourly requests for staff&#x27;s work are used up" in text_of(page)
    assert ev_energy_api.requests == []


@pytest.mark.parametrize("kind", KINDS)
def test_time_stamp_that_cannot_be_right_leaves_its_entry_out(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, staff = make_car(), sign_in_staff()
    field = "sampled_at" if kind == "status" else "logged_at"
    entry = entry_json(kind, car) | {field: "0001-01-01T00:00:00Z"}
    ev_energy_api.add("GET", logs_path(kind, car), json=[entry, entry_json(kind, car)])
    page = text_of(staff.get(page_url("list", kind, car)))
    assert f"1 entry could not be read and is left out. <code>{field}</code>" in page
    assert page.count("<tr") == 2


def test_pages_that_go_round_end(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [])
    add_page(ev_energy_api, "command", car, [])
    first, second = (entry_json("status", car, at=NOW - timedelta(hours=hours)) for hours in (1, 2))
    stamps = first["sampled_at"], second["sampled_at"]
    path = logs_path("status", car)
    around = {"Link": f'<{url(path)}?page_after={stamps[0]}>; rel="next"'}
    add_page(ev_energy_api, "status", car, [first], older=stamps[0])
    ev_energy_api.add("GET", path, json=[second], query={"page_after": stamps[0]}, headers=around)
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert WORDS["broken JSON"] in page
    assert len(ev_energy_api.requests) == 4


def test_ids_for_those_who_look_into_it_are_on_the_page(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    ev_energy_api.add_problem(
        "GET",
        logs_path("command", car),
        403,
        headers={"X-Request-ID": "req-77"},
        title="Forbidden",
        detail="Token lacks debug:read",
    )
    page = text_of(staff.get(page_url("list", "command", car)))
    assert "ev.energy answered command_logs with 403. Forbidden Token lacks debug:read" in page
    assert "Request req-77." in page


def test_reconnect_links_are_never_on_the_page(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    make_reconnect(State.LINK_READY, vehicle=car)
    add_page(ev_energy_api, "error", car, [])
    page = text_of(staff.get(page_url("list", "error", car)))
    assert "Link ready" in page
    assert LINK not in page


@pytest.mark.parametrize("place", PLACES)
def test_queries_do_not_grow_with_the_entries(
    ev_energy_api: EvEnergyApi, django_assert_num_queries: DjangoAssertNumQueries, place: str
) -> None:
    counts = []
    for number in (1, 40):
        car, staff = make_car(), sign_in_staff()
        entries = [entry_json("command", car, at=NOW - timedelta(minutes=age + 1)) for age in range(number)]
        add_page(ev_energy_api, "command", car, entries)
        add_page(ev_energy_api, "error", car, [])
        add_page(ev_energy_api, "status", car, [])
        add_entry(ev_energy_api, "command", car, entries[0])
        for _ in range(number):
            make_reconnect(State.FAILED, vehicle=car)
        address = page_url(place, "command", car, at=NOW - timedelta(minutes=1))
        assert staff.get(address).status_code == 200  # fills the cache, whose own queries are not meant
        with django_assert_num_queries(20, exact=False) as captured:
            assert staff.get(address).status_code == 200
        counts.append(
            len([query for query in captured.captured_queries if "portal_cache" not in query["sql"]])
        )
    assert counts[0] == counts[1]
    assert counts[0] <= (14 if place == "timeline" else 9)
