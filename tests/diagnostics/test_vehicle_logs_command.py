"""`vehicle_logs`: the same operations in a shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.diagnostics.desk import (
    COMMAND_ID,
    KINDS,
    add_page,
    entry_json,
    fail,
    logs_path,
    minutes_ago,
    queries,
    time_field,
)
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_vehicle

pytestmark = pytest.mark.django_db

PLAIN = {
    "unauthorized": "ev.energy does not accept the portal's credentials.",
    "forbidden": "debug:read",
    "not-found": "ev.energy does not know this vehicle.",
    "limited": "It goes on at about",
    "down": "ev.energy cannot be reached, or is too slow",
    "time-out": "ev.energy cannot be reached, or is too slow",
    "broken JSON": "ev.energy's answer cannot be understood.",
    "breaks the contract": "ev.energy's answer cannot be understood.",
}


def run(vehicle_id: str, *options: str) -> list[str]:
    output = StringIO()
    call_command("vehicle_logs", vehicle_id, *options, stdout=output)
    return output.getvalue().splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_all_pages_of_the_period_are_printed_newest_first(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car = make_vehicle()
    entries = [entry_json(kind, car, at=minutes_ago(age)) for age in (1, 2, 3)]
    stamps = [entry[time_field(kind)] for entry in entries]
    add_page(ev_energy_api, kind, car, entries[:2], older=stamps[1])
    add_page(ev_energy_api, kind, car, entries[2:], query={"page_after": stamps[1]})
    lines = run(
        car.pk, "--kind", kind, "--since", "2026-03-14T08:00:00", "--until", "2026-03-14T10:30:00+01:00"
    )
    assert [line.split()[0] for line in lines] == ["TIME", *stamps]
    field = time_field(kind)
    assert queries(ev_energy_api)[1] == {
        "page_size": "100",
        f"{field}__gte": "2026-03-14T08:00:00Z",
        f"{field}__lte": "2026-03-14T09:30:00Z",
        "page_after": stamps[1],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_one_whole_entry_a_line(ev_energy_api: EvEnergyApi, kind: str) -> None:
    car = make_vehicle()
    entries = [entry_json(kind, car, at=minutes_ago(age), a_new_field="é\x1b[2J") for age in (1, 2)]
    add_page(ev_energy_api, kind, car, entries)
    lines = run(car.pk, "--kind", kind, "--json")
    assert [json.loads(line) for line in lines] == entries
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_table_says_what_happened_and_what_belongs_together(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle()
    add_page(ev_energy_api, "error", car, [entry_json("error", car, internal_command_id=COMMAND_ID)])
    line = run(car.pk, "--kind", "error")[1]
    assert "401 Unauthorized, AUTHENTICATION_ERROR" in line
    assert COMMAND_ID in line
    assert line.endswith("The vehicle's authorization was revoked.")


def test_texts_of_manufacturers_cannot_command_the_terminal(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle()
    hostile = "\x1b]0;title\x07 two\nlines\r\u202e \ud800"
    add_page(
        ev_energy_api, "error", car, [entry_json("error", car, error_detail=hostile, error_code=hostile)]
    )
    lines = run(car.pk, "--kind", "error")
    assert len(lines) == 2
    assert lines[1].isprintable()


@pytest.mark.parametrize("failure", PLAIN)
@pytest.mark.parametrize("kind", KINDS)
def test_failure_ends_with_a_plain_message(ev_energy_api: EvEnergyApi, kind: str, failure: str) -> None:
    car = make_vehicle()
    fail(ev_energy_api, logs_path(kind, car), failure)
    with pytest.raises(CommandError) as caught:
        run(car.pk, "--kind", kind)
    assert PLAIN[failure] in str(caught.value)
    assert caught.value.returncode == 1


def test_what_was_read_before_a_failure_is_printed(ev_energy_api: EvEnergyApi) -> None:
    car = make_vehicle()
    entry = entry_json("status", car)
    add_page(ev_energy_api, "status", car, [entry], older=entry["sampled_at"])
    ev_energy_api.add_problem("GET", logs_path("status", car), 503, headers={"Retry-After": "30"})
    output = StringIO()
    with pytest.raises(CommandError):
        call_command("vehicle_logs", car.pk, "--kind", "status", "--json", stdout=output)
    assert json.loads(output.getvalue()) == entry


def test_owners_reserve_is_not_touched(ev_energy_api: EvEnergyApi, settings: Settings) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1000
    with pytest.raises(CommandError, match="kept for owners"):
        run(make_vehicle().pk, "--kind", "status")
    assert ev_energy_api.requests == []


@pytest.mark.parametrize(
    ("vehicle_id", "options", "message"),
    [
        ("../users", [], "A vehicle's id is"),
        ("vhcl01HRFF3SEVSCRAV9B3CHVDFN0H\n", [], "A vehicle's id is"),
        ("", ["--since", "yesterday"], "Give times such as"),
        ("", ["--until", "0001-01-01"], "Give times between"),
        ("", ["--since", "2026-03-14", "--until", "2026-03-13"], "--until lies before --since."),
    ],
)
def test_wrong_ids_and_times_are_refused_before_anything_is_asked(
    ev_energy_api: EvEnergyApi, vehicle_id: str, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        run(vehicle_id or make_vehicle().pk, "--kind", "error", *options)
    assert caught.value.returncode == 1
    assert ev_energy_api.requests == []
