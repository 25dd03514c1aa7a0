import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings

from onboarding_portal import patience, timing
from onboarding_portal.api.events import sending
from onboarding_portal.api.events.models import lane
from onboarding_portal.reconnects import timetable

PROCFILE = Path(__file__).parents[1] / "Procfile"


def seconds(length: timedelta) -> float:
    return length.total_seconds()


def test_what_runs_when_a_process_is_told_to_end_is_done_before_it_is_killed() -> None:
    graceful = int(re.search(r"--graceful-timeout (\d+)", PROCFILE.read_text())[1])  # type: ignore[index]  # the Procfile says it

    assert timing.SLICE_SECONDS + timing.ONE_CALL_SECONDS < timing.GRACE_SECONDS
    assert timing.PATIENCE_SECONDS + timing.OWNER_CALL_SECONDS <= graceful < timing.GRACE_SECONDS
    assert graceful > timing.OWNER_WAITS_SECONDS
    assert timing.SLICE_SECONDS + timing.ONBOARDING_SLICE_SECONDS < timing.GRACE_SECONDS
    assert max(timing.VEHICLE_SLICE_SECONDS, timing.ONBOARDING_SLICE_SECONDS) < timing.GRACE_SECONDS


def test_slow_answer_is_waited_for_in_the_background_and_no_owner_waits_ten_seconds() -> None:
    assert settings.EV_ENERGY_READ_TIMEOUT_SECONDS < timing.ONBOARDING_SLICE_SECONDS
    assert max(timing.OWNER_WAITS_SECONDS, timing.PATIENCE_SECONDS + timing.OWNER_CALL_SECONDS) < 10


def test_leases_last_longer_than_the_work_they_are_taken_for() -> None:
    longest_work = max(timing.ONE_CALL_SECONDS, timing.OWNER_CALL_SECONDS)

    assert seconds(timing.RECONNECT_LEASE) > longest_work + timing.PATIENCE_SECONDS
    assert seconds(timing.FIRST_LOOK_LEASE) > longest_work
    assert seconds(timing.ONBOARDING_LEASE) > timing.ONBOARDING_SLICE_SECONDS
    assert seconds(timing.SYNC_LEASE) > timing.GRACE_SECONDS
    assert seconds(timing.VEHICLE_WORK_LEASE) > timing.VEHICLE_SLICE_SECONDS
    assert seconds(timing.LONGEST_RUN) > timing.SLICE_SECONDS + timing.ONE_CALL_SECONDS


def test_nobody_in_front_of_a_screen_waits_ten_seconds_for_one_thing_that_hangs() -> None:
    connect, read = settings.EV_ENERGY_CONNECT_TIMEOUT_SECONDS, settings.EV_ENERGY_READ_TIMEOUT_SECONDS

    assert patience.CONNECT_SECONDS + patience.PAGE_SECONDS < 10
    assert timing.MAIL_SECONDS < 10
    assert 2 * settings.EMAIL_TIMEOUT < timing.MAIL_SECONDS  # two addresses of one server
    assert timing.SLICE_SECONDS + timing.MAIL_SECONDS < timing.GRACE_SECONDS
    assert timing.OWNER_WAITS_SECONDS < 10
    assert connect + read <= timing.OWNER_WAITS_SECONDS
    # A page that makes one call to ev.energy asks the cache so often, and the call has an end of its own.
    assert 8 * patience.CACHE_SECONDS + timing.OWNER_CALL_SECONDS < 10


def test_a_worker_that_sends_events_ends_in_time_and_before_its_lease() -> None:
    longest = timing.SLICE_SECONDS + sending.ANSWER_SECONDS
    assert longest < timing.GRACE_SECONDS
    assert timedelta(seconds=2 * longest) < lane.LEASE


def test_a_stored_link_outlives_the_way_to_it() -> None:
    assert timedelta(seconds=timing.PATIENCE_SECONDS) < timing.SAME_CLICK
    assert timing.SAME_CLICK < timetable.UNSTATED_LIFETIME


def test_steps_grow() -> None:
    for steps in (timetable.WATCH_STEPS, timetable.REMINDERS, timetable.PAUSES):
        assert all(earlier < later for earlier, later in pairwise(steps))


def test_reminders_go_out_while_the_link_works_and_are_no_second_e_mail_of_the_day() -> None:
    assert timetable.REMINDERS[-1] < timedelta(days=settings.RECONNECT_LINK_LIFETIME_DAYS)
    assert timetable.REMINDERS[0] > timetable.EMAIL_COOLDOWN > timetable.PAUSES[-1]


@pytest.mark.parametrize(("days", "is_refused"), [(7, True), (8, False)])
def test_a_link_lifetime_that_ends_before_the_last_reminder_is_refused(
    days: int, *, is_refused: bool
) -> None:
    with override_settings(RECONNECT_LINK_LIFETIME_DAYS=days):
        messages = [str(message.msg) for message in run_checks(include_deployment_checks=True)]

    assert any("RECONNECT_LINK_LIFETIME_DAYS" in message for message in messages) == is_refused
