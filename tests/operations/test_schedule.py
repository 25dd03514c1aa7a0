import logging
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.blocking import BlockingScheduler
from django.utils.module_loading import import_string

from onboarding_portal.operations.clock import schedule
from onboarding_portal.operations.clock.schedule import JOBS, Job, build_scheduler, claim, perform
from tests.factories import NOW

ROOT = Path(__file__).resolve().parent.parent.parent
DONE: list[str] = []


def note_it() -> None:
    DONE.append("done")


def fail_with_an_address() -> None:
    raise ValueError("jo@example.com")


def end(scheduler: BlockingScheduler) -> None:
    DONE.append("ended")
    scheduler.shutdown(wait=False)


JOB = Job(name="note", every=timedelta(minutes=15), run=f"{__name__}.note_it")


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> None:
    DONE.clear()


@pytest.mark.django_db
def test_two_clocks_do_a_job_once_in_each_slot() -> None:
    slot = NOW.replace(minute=0)

    assert claim(JOB, now=slot)
    assert not claim(JOB, now=slot + timedelta(minutes=14))
    assert claim(JOB, now=slot + timedelta(minutes=15))


@pytest.mark.django_db(transaction=True)
def test_a_job_is_done_by_the_first_and_left_by_the_second() -> None:
    assert perform(JOB, now=NOW)
    assert not perform(JOB, now=NOW)

    assert DONE == ["done"]


def test_every_job_exists_and_has_a_name_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert callable(import_string(job.run))


def test_a_mistyped_job_stops_the_start() -> None:
    with pytest.raises(ImportError):
        build_scheduler(
            [Job(name="typo", every=timedelta(days=1), run="onboarding_portal.nowhere.run")], now=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_a_failed_job_is_logged_without_what_it_quoted_and_the_clock_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = Job(name="failing", every=timedelta(minutes=1), run=f"{__name__}.fail_with_an_address")
    scheduler = build_scheduler([failing], now=NOW)
    # Added from the failure: it is done only by a clock that has survived it.
    scheduler.add_listener(lambda event: scheduler.add_job(end, args=[scheduler]), EVENT_JOB_ERROR)

    with caplog.at_level(logging.INFO):
        scheduler.start()

    assert DONE == ["ended"]
    assert "Job failing failed: ValueError" in caplog.text
    assert "jo@example.com" not in caplog.text


@pytest.mark.django_db
def test_a_job_runs_well_inside_its_slot() -> None:
    for job in JOBS:
        first = schedule._in_next_slot(job, NOW)
        slots = [
            int((first + number * job.every).timestamp() // job.every.total_seconds()) for number in range(3)
        ]
        assert slots == [slots[0], slots[0] + 1, slots[0] + 2]
        assert first > NOW


def test_the_clock_ends_at_once_when_told_to(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'clock.sqlite3'}",
        "DEFAULT_FROM_EMAIL": "cars@brightfield.example",
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "clock"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert "Clock: sync_vehicles" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
    finally:
        process.kill()
        process.stdout.close()
