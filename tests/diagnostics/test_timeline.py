"""The time line: what is drawn, and that the table has the same facts."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from time_machine import travel

from onboarding_portal.diagnostics.chart import ticks
from onboarding_portal.diagnostics.samples import BUCKET_COUNT, Sample, samples_of, stretches
from onboarding_portal.ev_energy.json_types import parse
from onboarding_portal.ev_energy.resources import StatusLog
from onboarding_portal.reconnects.models import State
from tests.diagnostics.desk import (
    COMMAND_ID,
    add_page,
    entry_json,
    make_car,
    minutes_ago,
    page_url,
    queries,
    sign_in_staff,
    text_of,
)
from tests.ev_energy_answers import status_log_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.reconnects.rows import make_reconnect

BERLIN = ZoneInfo("Europe/Berlin")
FINE = {"stale_since": None, "stale_reason": "", "cause_due_at": None, "integration": "ACTIVE"}


def sample(
    minutes: float, percentage: int | None = 50, *, plugged: bool = False, charging: bool = False
) -> Sample:
    return Sample(
        at=minutes_ago(-minutes), percentage=percentage, is_plugged_in=plugged, is_charging=charging
    )


def texts(page: str, pattern: str) -> list[str]:
    return [unescape(found) for found in re.findall(pattern, page, re.DOTALL)]


@pytest.mark.django_db
def test_charge_commands_errors_and_reconnects_share_one_axis(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    reconnect = make_reconnect(State.EMAILED, vehicle=car)
    reconnect.events.create(state=State.EMAILED, at=minutes_ago(300))
    reconnect.events.create(state=State.QUEUED, at=minutes_ago(60 * 24 * 3))
    charges = [(5, 80, True), (65, 60, True), (125, 40, False)]
    add_page(
        ev_energy_api,
        "status",
        car,
        [
            entry_json(
                "status", car, at=minutes_ago(age), state_of_charge_percentage=level, is_charging=charging
            )
            for age, level, charging in charges
        ],
    )
    joined = {"internal_command_id": COMMAND_ID}
    add_page(ev_energy_api, "command", car, [entry_json("command", car, at=minutes_ago(200), **joined)])
    add_page(ev_energy_api, "error", car, [entry_json("error", car, at=minutes_ago(199), **joined)])
    page = text_of(staff.get(page_url("timeline", "", car)))
    (line,) = texts(page, r'<polyline class="charge" points="([^"]+)"')
    heights = [float(point.split(",")[1]) for point in line.split()]
    across = [float(point.split(",")[0]) for point in line.split()]
    assert heights == sorted(heights, reverse=True)
    assert across == sorted(across)
    for name, moment, words in (
        ("command", "06:10", "Start charging"),
        ("error", "06:11", "401 Unauthorized"),
        ("reconnect", "04:30", "E-mailed"),
    ):
        (title,) = texts(page, rf'<g class="mark mark-{name}" transform="[^"]*"><title>(.*?)</title>')
        assert f"14 Mar, {moment}" in title
        assert words in title
        assert re.search(rf'<tr class="event-{name}">.*?{words}', page, re.DOTALL)
    assert len(texts(page, r'<rect class="band-charging".*?<title>(.*?)</title>')) == 1
    assert texts(page, r"event-status.*?</td><td>Car says</td>\s*<td>(.*?)</td>") == [
        "80\N{NO-BREAK SPACE}%, charging",
        "60\N{NO-BREAK SPACE}%, charging",
        "40\N{NO-BREAK SPACE}%, plugged in",
    ]
    assert "Queued" not in page[page.index('<table class="logs events"') : page.index("known-title")]
    assert " style=" not in page
    assert 'role="group" aria-labelledby="chart-title chart-desc"' in page


@pytest.mark.django_db
def test_period_without_anything_says_so(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(**FINE), sign_in_staff()
    for kind in ("error", "command", "status"):
        add_page(ev_energy_api, kind, car, [])
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert "Nothing is known of this period." in page
    assert '<svg class="chart"' not in page


@pytest.mark.django_db
def test_single_sample_is_a_dot(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    add_page(ev_energy_api, "status", car, [entry_json("status", car, at=minutes_ago(60))])
    for kind in ("error", "command"):
        add_page(ev_energy_api, kind, car, [])
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert page.count('<circle class="charge-dot"') == 1
    assert "<polyline" not in page


@pytest.mark.django_db
def test_thousands_of_samples_are_read_up_to_a_limit_and_thinned(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(), sign_in_staff()
    for kind in ("error", "command"):
        add_page(ev_energy_api, kind, car, [])
    for number in range(20):
        ages = [0.6 * (100 * number + place) + 1 for place in range(100)]
        entries = [
            entry_json("status", car, at=minutes_ago(age), state_of_charge_percentage=int(age * 7) % 100)
            for age in ages
        ]
        cursor = f"2026-03-14T00:{number:02d}:00Z"
        after = {"page_after": f"2026-03-14T00:{number - 1:02d}:00Z"} if number else None
        add_page(ev_energy_api, "status", car, entries, older=cursor, query=after)
    page = text_of(staff.get(page_url("timeline", "", car)))
    points = sum(len(line.split()) for line in texts(page, r'<polyline class="charge" points="([^"]+)"'))
    assert len(ev_energy_api.requests) == 22
    assert "there are more than one page can show" in page
    assert BUCKET_COUNT < points <= 4 * BUCKET_COUNT + 4
    assert len(page) < 500_000


@pytest.mark.django_db
def test_marks_too_close_to_tell_apart_become_one_that_leads_to_their_list(
    ev_energy_api: EvEnergyApi,
) -> None:
    car, staff = make_car(), sign_in_staff()
    errors = [entry_json("error", car, at=minutes_ago(100 + age), command="") for age in range(10)]
    add_page(ev_energy_api, "error", car, errors)
    for kind in ("status", "command"):
        add_page(ev_energy_api, kind, car, [])
    page = text_of(staff.get(page_url("timeline", "", car)))
    assert page.count('class="mark mark-error" transform') == 1
    assert texts(page, r'<text class="mark-count"[^>]*>(.*?)</text>') == ["10"]
    address = '/error_logs/?since=2026-03-14T07%3A41&until=2026-03-14T07%3A50"><g class="mark mark-error"'
    assert address in unescape(page)
    assert page.count('<tr class="event-error">') == 1
    assert "10 times in this period" in page
    assert (
        page.partition('<tr class="event-error">')[2].partition("</tr>")[0].count("/error_logs/2026-") == 10
    )


@pytest.mark.django_db
def test_what_lies_outside_the_period_is_not_drawn_whatever_ev_energy_sends(
    ev_energy_api: EvEnergyApi,
) -> None:
    car, staff = make_car(**FINE), sign_in_staff()
    strays = [
        entry_json("error", car, at=minutes_ago(-600)),
        entry_json("error", car, at=minutes_ago(60 * 24 * 9)),
    ]
    add_page(ev_energy_api, "error", car, strays)
    for kind in ("status", "command"):
        add_page(ev_energy_api, kind, car, [])
    assert "Nothing is known of this period." in text_of(staff.get(page_url("timeline", "", car)))


@pytest.mark.django_db
def test_without_a_period_the_last_day_is_shown_and_kept_for_a_minute(ev_energy_api: EvEnergyApi) -> None:
    car, staff = make_car(**FINE), sign_in_staff()
    for kind in ("error", "command", "status"):
        add_page(ev_energy_api, kind, car, [])
    with travel(NOW + timedelta(seconds=10), tick=False) as clock:
        address = f"/admin/vehicles/vehicle/{car.pk}/timeline/"
        staff.get(address)
        clock.shift(20)
        staff.get(address)
    assert len(ev_energy_api.requests) == 3
    assert queries(ev_energy_api)[2] == {
        "page_size": "100",
        "sampled_at__gte": "2026-03-13T09:31:00Z",
        "sampled_at__lte": "2026-03-14T09:31:00Z",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "message", "since", "until"),
    [
        (
            {"since": "2026-01-01T00:00", "until": "2026-03-01T00:00"},
            "at most 31 days",
            "03-13T09:31",
            "03-14T09:31",
        ),
        ({"since": "2026-01-01T00:00"}, "", "01-01T00:00", "02-01T00:00"),
        ({"until": "2026-02-01T00:00"}, "", "01-31T00:00", "02-01T00:00"),
        ({"since": "2027-01-01T00:00"}, "", "01-01T00:00", "01-01T00:00"),
    ],
)
def test_period_of_the_time_line_is_bounded(
    ev_energy_api: EvEnergyApi, query: dict[str, str], message: str, since: str, until: str
) -> None:
    car, staff = make_car(**FINE), sign_in_staff()
    for kind in ("error", "command", "status"):
        add_page(ev_energy_api, kind, car, [])
    with travel(NOW + timedelta(seconds=10), tick=False):
        page = staff.get(f"/admin/vehicles/vehicle/{car.pk}/timeline/", query)
    assert page.status_code == 200
    assert message in text_of(page)
    asked = queries(ev_energy_api)[0]
    assert since in asked["logged_at__gte"]
    assert until in asked["logged_at__lte"]


def test_silence_parts_the_line() -> None:
    parts = stretches([sample(0), sample(15), sample(30), sample(30 + 181), sample(30 + 196)])
    assert [len(part) for part in parts] == [2, 2]


def test_car_that_reports_rarely_is_not_taken_for_silent() -> None:
    assert len(stretches([sample(hours * 60 * 5, hours) for hours in range(8)])) == 1


def test_what_stays_the_same_is_kept_by_its_ends_only() -> None:
    (part,) = stretches([sample(minute, 50 if minute < 60 else 51) for minute in range(0, 120, 5)])
    assert [one.at for one in part] == [minutes_ago(-minute) for minute in (0, 55, 60, 115)]


def test_thinning_loses_no_peak() -> None:
    samples = [sample(minute, 50 + minute % 2) for minute in range(5000)]
    samples[1234] = sample(1234, 3)
    samples[4321] = sample(4321, 99)
    (part,) = stretches(samples)
    levels = [one.percentage for one in part]
    assert (min(levels), max(levels)) == (3, 99)
    assert len(part) <= 4 * (BUCKET_COUNT + 1)
    assert part[0] == samples[0]
    assert part[-1] == samples[-1]


@pytest.mark.parametrize("level", [-1, 101, 10**12, None])
def test_charge_that_cannot_be_is_not_drawn(level: int | None) -> None:
    log = parse(StatusLog, status_log_json(state_of_charge_percentage=level))
    assert samples_of([log])[0].percentage is None


@pytest.mark.parametrize(
    ("since", "until", "labels"),
    [
        # clocks are set forward
        ("2026-03-29T00:30", "2026-03-29T02:30", "01:30 01:45 03:00 03:15 03:30 03:45 04:00 04:15 04:30"),
        ("2026-10-25T00:00", "2026-10-25T03:00", "02:00 02:30 03:00 03:30 04:00"),  # and back
        ("2026-03-14T00:00", "2026-03-15T00:00", "03:00 06:00 09:00 12:00 15:00 18:00 21:00 15 Mar"),
        ("2026-03-01T00:00", "2026-03-31T00:00", "5 Mar 9 Mar 13 Mar 17 Mar 21 Mar 25 Mar 29 Mar"),
        ("2026-03-14T00:00", "2026-03-14T00:00", "01:00"),
    ],
)
def test_ticks_are_round_times_of_the_readers_clock(since: str, until: str, labels: str) -> None:
    ends = [datetime.fromisoformat(end).replace(tzinfo=UTC) for end in (since, until)]
    found = ticks(since=ends[0], until=ends[1], zone=BERLIN)
    assert " ".join(tick.label for tick in found) == labels
    assert all(ends[0] <= tick.at <= ends[1] for tick in found)
