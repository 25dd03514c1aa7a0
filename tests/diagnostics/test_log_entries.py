"""Single entries: all fields in plain words, what belongs to them, and the raw answer."""

import re
from html import unescape

import pytest

from tests.diagnostics.desk import (
    COMMAND_ID,
    KINDS,
    add_entry,
    add_page,
    entry_json,
    logs_path,
    make_car,
    minutes_ago,
    page_url,
    queries,
    sign_in_staff,
    text_of,
)
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW

pytestmark = pytest.mark.django_db

NBSP = "\N{NO-BREAK SPACE}"


def facts_on(page: str) -> dict[str, str]:
    """Label to words of every fact of the entry; the portal's own are left away."""
    entry = page[: page.index("known-title")]
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", entry, re.DOTALL)
    return {
        unescape(label): unescape(re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", "", value))).strip()
        for label, value in found
    }


def test_command_is_told_in_plain_words(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_entry(ev_energy_api, "command", car, entry_json("command", car))
    page = text_of(staff.get(page_url("entry", "command", car)))
    assert facts_on(page) == {
        "Command": "Start charging START_CHARGE",
        "Current asked for": f"32{NBSP}A",
        "Logged": "14 Mar 2026, 09:30:00 UTC",
        "Vehicle": "Car 1",
        "Vehicle id": car.pk,
        "Command id at ev.energy": "Not said",
        "Command id at the manufacturer's service": "ext-cmd-12345",
    }


def test_error_is_told_in_plain_words(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_entry(ev_energy_api, "error", car, entry_json("error", car))
    facts = facts_on(text_of(staff.get(page_url("entry", "error", car))))
    assert facts["Answer of the manufacturer's service"] == "401 Unauthorized"
    assert facts["What it means"].startswith("Access revoked. ")
    assert facts["In its own words"] == "The vehicle's authorization was revoked."
    assert facts["During the command"] == "Start charging START_CHARGE"
    assert facts["Service used"] == "ENODE"
    assert facts["Request id"] == "56rst-z2jku-tty9t-0dn2f-qazow"
    assert (facts["Error code"], facts["Error type"]) == ("AUTHENTICATION_ERROR", "VehicleAPIUnauthorized")


def test_status_is_told_in_plain_words(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    said = {
        "charge_rate_watts": 7200,
        "charge_level_watt_hours": 41250,
        "minutes_to_full_charge": 135,
        "is_charging": True,
        "state": "PLUGGED_IN_CHARGING",
        "logged_at": "2026-03-14T09:31:00Z",
    }
    add_entry(ev_energy_api, "status", car, entry_json("status", car, **said))
    facts = facts_on(text_of(staff.get(page_url("entry", "status", car))))
    assert facts["State of charge"] == f"70{NBSP}%"
    assert facts["State"] == "Plugged in, charging PLUGGED_IN_CHARGING"
    assert facts["Charging power"] == f"7.2{NBSP}kW"
    assert facts["Charging power, estimated"] == "Not said"
    assert facts["Energy in the battery"] == f"41.25{NBSP}kWh"
    assert facts["Time until charged"] == f"2{NBSP}h 15{NBSP}min"
    assert facts["Odometer"] == f"12,345.7{NBSP}km"
    assert (facts["Plugged in"], facts["Charged as far as asked"]) == ("Yes", "No")
    assert facts["Said by the car"] == "14 Mar 2026, 09:30:00 UTC"
    assert facts["Received by ev.energy"] == "14 Mar 2026, 09:31:00 UTC"


@pytest.mark.parametrize("kind", KINDS)
def test_entry_is_asked_for_with_its_vehicle_at_its_time_stamp(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, staff = make_car(), sign_in_staff()
    at = minutes_ago(0.5).replace(microsecond=984584)
    add_entry(ev_energy_api, kind, car, entry_json(kind, car, at=at))
    page = staff.get(page_url("entry", kind, car, at=at))
    assert page.status_code == 200
    assert queries(ev_energy_api) == [{"expand": "vehicle"}]
    assert str(ev_energy_api.requests[0].path_url).startswith(
        f"/v2/vehicles/{car.pk}/{kind}_logs/2026-03-14T09:29:30.984584Z?"
    )


def test_raw_answer_is_folded_away(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_entry(ev_energy_api, "command", car, entry_json("command", car, a_new_field={"käse": [1]}))
    page = text_of(staff.get(page_url("entry", "command", car)))
    raw = re.search(r"<details class=\"raw\">.*?<pre[^>]*>(.*?)</pre></details>", page, re.DOTALL)
    assert raw
    assert '"current_milliamps": 32000,\n' in unescape(raw[1])
    assert '"käse": [\n      1\n    ]' in unescape(raw[1])


def test_command_shows_the_errors_it_caused(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_entry(ev_energy_api, "command", car, entry_json("command", car, internal_command_id=COMMAND_ID))
    errors = [
        entry_json("error", car, at=minutes_ago(-2), internal_command_id=COMMAND_ID, status_code=503),
        entry_json("error", car, at=minutes_ago(-1), status_code=418),
    ]
    add_page(ev_energy_api, "error", car, errors)
    page = text_of(staff.get(page_url("entry", "command", car)))
    assert "503 Service Unavailable" in page
    assert f"{car.pk}/error_logs/2026-03-14T09:32:00Z/" in page
    assert "Teapot" not in page
    assert queries(ev_energy_api)[1] == {
        "page_size": "100",
        "logged_at__gte": "2026-03-14T09:25:00Z",
        "logged_at__lte": "2026-03-14T15:30:00Z",
    }


def test_error_shows_the_command_that_caused_it(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_entry(ev_energy_api, "error", car, entry_json("error", car, internal_command_id=COMMAND_ID))
    command = entry_json("command", car, at=minutes_ago(1), internal_command_id=COMMAND_ID)
    add_page(ev_energy_api, "command", car, [command])
    page = unescape(text_of(staff.get(page_url("entry", "error", car))))
    assert f'{car.pk}/command_logs/2026-03-14T09:29:00Z/">Start charging, 32{NBSP}A</a>' in page


def test_lists_join_commands_and_errors_with_one_request(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    commands = [
        entry_json("command", car, at=minutes_ago(age), internal_command_id=f"{COMMAND_ID[:-1]}{age}")
        for age in range(5)
    ]
    add_page(ev_energy_api, "command", car, commands)
    error = entry_json("error", car, at=minutes_ago(3), internal_command_id=f"{COMMAND_ID[:-1]}3")
    add_page(ev_energy_api, "error", car, [error])
    page = text_of(staff.get(page_url("list", "command", car)))
    assert len(ev_energy_api.requests) == 2
    assert page.count('<tr class="failed">') == 1
    assert page.count("No error") == 4


def test_errors_stay_readable_when_their_commands_may_not_be_read(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "error", car, [entry_json("error", car, internal_command_id=COMMAND_ID)])
    ev_energy_api.add_problem("GET", logs_path("command", car), 403)
    page = text_of(staff.get(page_url("list", "error", car)))
    assert "401 Unauthorized" in page
    assert "The commands that belong to these errors" in page
    assert "debug:read" in page


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}\ud800\x00" + "long" * 500


@pytest.mark.parametrize("place", ["list", "entry", "timeline"])
def test_what_manufacturers_write_cannot_become_markup(ev_energy_api: EvEnergyApi, place: str) -> None:
    car, staff = make_car(), sign_in_staff()
    fields = dict.fromkeys(("error_detail", "error_code", "error_type", "controller", "command"), HOSTILE)
    error = entry_json("error", car, at=minutes_ago(5), **fields)
    if place == "entry":
        add_entry(ev_energy_api, "error", car, error)
    else:
        add_page(ev_energy_api, "error", car, [error])
    add_page(ev_energy_api, "command", car, [])
    add_page(ev_energy_api, "status", car, [])
    page = staff.get(page_url(place, "error", car, at=minutes_ago(5)))
    assert page.status_code == 200
    assert "alert(1)" in text_of(page)
    assert "<script>alert" not in text_of(page)
    assert "<img" not in text_of(page)
    assert "49" not in re.findall(r"onerror=alert\(2\)&gt;(.{0,5})", text_of(page))


@pytest.mark.parametrize("kind", KINDS)
def test_absurd_numbers_and_times_do_not_break_the_page(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car, staff = make_car(), sign_in_staff()
    absurd = {
        "command": {"current_milliamps": -(10**40)},
        "error": {"status_code": 10**40},
        "status": {
            "odometer_meters": 10**40,
            "minutes_to_full_charge": -5,
            "state_of_charge_percentage": 10**9,
            "logged_at": "9999-12-31T23:59:59Z",
        },
    }
    add_entry(ev_energy_api, kind, car, entry_json(kind, car, **absurd[kind]))
    staff.post("/admin/vehicles/vehicle/time-zone/", {"zone": "Pacific/Auckland", "next": "/admin/"})
    assert staff.get(page_url("entry", kind, car)).status_code == 200


@pytest.mark.parametrize(
    "stamp", ["2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "now", "2026-03-14", "2026-03-14T09:30:00"]
)
def test_address_without_a_time_stamp_is_not_found(stamp: str) -> None:
    car, staff = make_car(), sign_in_staff("view_diagnostics", "view_vehicle")
    answer = staff.get(f"/admin/vehicles/vehicle/{car.pk}/error_logs/{stamp}/")
    assert answer.status_code in {302, 404}


def test_entry_ev_energy_does_not_have_is_a_404_that_still_tells_what_is_known(
    ev_energy_api: EvEnergyApi,
) -> None:
    car, staff = make_car(), sign_in_staff()
    ev_energy_api.add_problem("GET", f"{logs_path('error', car)}/{NOW:%Y-%m-%dT%H:%M:%S}Z", 404)
    page = staff.get(page_url("entry", "error", car))
    assert page.status_code == 404
    assert "ev.energy has no entry of this time." in text_of(page)
    assert car.owner.email in text_of(page)
