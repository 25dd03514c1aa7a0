import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connections
from django.utils.module_loading import import_string

from onboarding_portal.ev_energy.errors import Unavailable
from onboarding_portal.operations.clock.regular_job import PAUSES, RegularJob
from onboarding_portal.operations.clock.schedule import JOBS, Clock, Job, perform
from onboarding_portal.operations.logs.frames import where, where_of_text
from tests.factories import NOW

ROOT = Path(__file__).resolve().parent.parent.parent
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DONE: list[str] = []
ENOUGH = threading.Event()


def note_it() -> None:
    DONE.append("done")
    ENOUGH.set()


def fail_with_an_address() -> None:
    try:
        {}["jo@example.com"]
    except KeyError as error:
        raise ValueError("Key (email)=(jo@example.com) already exists.") from error


def fail_at_ev_energy() -> None:
    raise Unavailable("ev.energy answered get-vehicle_makes with 503.")


def be_killed() -> None:
    raise SystemExit


JOB = Job(name="note", every=timedelta(minutes=15), run=f"{__name__}.note_it")
FAILING = Job(name="failing", every=DAY, run=f"{__name__}.fail_with_an_address")


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> None:
    DONE.clear()
    ENOUGH.clear()


@pytest.mark.django_db(transaction=True)
def test_two_clocks_do_a_job_once_in_each_interval() -> None:
    assert perform(JOB, clock=at(NOW))
    assert not perform(JOB, clock=at(NOW))
    assert not perform(JOB, clock=at(NOW + 14 * MINUTE))
    assert perform(JOB, clock=at(NOW + 15 * MINUTE))

    assert DONE == ["done", "done"]


@pytest.mark.django_db(transaction=True)
def test_a_failed_daily_job_is_tried_again_soon_and_less_and_less_often(
    table_cell: Callable[..., None],
) -> None:
    table_cell(
        "Faults",
        row="clock",
        column="refused",
        says="fails: again after 30 s to 15 min; staff see why",
    )
    moment = NOW
    for number in range(7):
        assert not perform(FAILING, clock=at(moment))
        row = RegularJob.objects.get(name="failing")
        assert (row.tries, row.failed_at) == (number + 1, moment)
        assert row.next_at - moment == PAUSES[min(number, len(PAUSES) - 1)]
        moment = row.next_at
    assert sum(PAUSES, timedelta()) < timedelta(minutes=30)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_works_again_forgets_its_failures() -> None:
    RegularJob.objects.create(name="note", next_at=NOW, tries=4, failure="Unavailable")

    perform(JOB, clock=at(NOW))

    row = RegularJob.objects.get(name="note")
    assert (row.tries, row.failure, row.done_at, row.next_at) == (0, "", NOW, NOW + JOB.every)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_clock_was_killed_is_done_again_within_minutes(table_cell: Callable[..., None]) -> None:
    table_cell("Faults", row="clock", column="down", says="killed: the job is begun again within 10 min")
    killed = Job(name="note", every=DAY, run=f"{__name__}.be_killed")
    with pytest.raises(SystemExit):
        perform(killed, clock=at(NOW))

    daily = Job(name="note", every=DAY, run=JOB.run)
    assert not perform(daily, clock=at(NOW + 9 * MINUTE))
    assert perform(daily, clock=at(NOW + 10 * MINUTE))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hours", [-24 * 365, -25, -1, 1, 25, 24 * 365])
def test_jobs_go_on_when_the_systems_clock_jumps(hours: int) -> None:
    minutely = Job(name="note", every=MINUTE, run=JOB.run)
    perform(minutely, clock=at(NOW))
    there = NOW + timedelta(hours=hours)

    assert perform(minutely, clock=at(there))
    assert not perform(minutely, clock=at(there))
    assert perform(minutely, clock=at(there + MINUTE))


@pytest.mark.django_db(transaction=True)
def test_staff_see_why_a_job_fails_but_not_what_a_database_quoted() -> None:
    at_ev_energy = Job(name="catalogue", every=DAY, run=f"{__name__}.fail_at_ev_energy")
    perform(at_ev_energy, clock=at(NOW))
    perform(FAILING, clock=at(NOW))

    told = dict(RegularJob.objects.values_list("name", "failure"))
    assert told["catalogue"] == "Unavailable: ev.energy answered get-vehicle_makes with 503."
    assert told["failing"] == "ValueError"


@pytest.mark.django_db(transaction=True)
def test_the_log_tells_where_a_job_failed_and_nothing_it_quoted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        perform(FAILING, clock=at(NOW))

    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    message = line.getMessage()
    assert "Job failing failed: ValueError at tests/operations/test_schedule.py:" in message
    assert "fail_with_an_address" in message
    assert "caused by KeyError at" in message
    assert "example.com" not in caplog.text
    assert "Key (email)" not in caplog.text


def test_frames_are_told_without_values() -> None:
    try:
        fail_with_an_address()
    except ValueError as error:
        told = where(error)

    assert "example" not in told
    assert told.count("fail_with_an_address") == 2
    text = 'Traceback:\n  File "/srv/portal/a.py", line 7, in send_it\n    to("jo@example.com")\nE: jo@example.com'
    assert where_of_text(text) == "srv/portal/a.py:7 send_it"


def test_every_job_exists_and_has_a_name_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert callable(import_string(job.run))


def test_a_mistyped_job_stops_the_start() -> None:
    with pytest.raises(ImportError):
        Clock([Job(name="typo", every=DAY, run="onboarding_portal.nowhere.run")])


class Told(Exception):
    """Ends the loop of a clock that is tested."""


def sleeps(*, ends_after: int) -> tuple[list[float], Callable[[float], None]]:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) >= ends_after:
            raise Told

    return slept, sleep


@pytest.mark.django_db(transaction=True)
def test_the_clock_goes_on_after_a_job_has_failed() -> None:
    def wait_for_both(_seconds: float) -> None:
        assert ENOUGH.wait(5)
        raise Told

    clock = Clock([FAILING, JOB], clock=at(NOW), sleep=wait_for_both)
    with pytest.raises(Told):
        clock.run()

    clock._threads.shutdown()
    assert DONE == ["done"]
    assert RegularJob.objects.get(name="failing").tries == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unreachable_database")
def test_without_a_database_the_clock_waits_longer_and_longer(caplog: pytest.LogCaptureFixture) -> None:
    slept, sleep = sleeps(ends_after=8)

    with pytest.raises(Told):
        Clock(JOBS, sleep=sleep).run()

    assert slept[:5] == pytest.approx([1.1, 2.2, 4.4, 8.8, 17.6], rel=0.2)
    assert max(slept) < 40
    assert "next try in" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_job_that_cannot_write_its_row_does_not_end_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("onboarding_portal.operations.clock.regular_job.RegularJobQuerySet.take", refuse)
    clock = Clock([JOB], clock=at(NOW))

    clock.tick()
    clock._threads.shutdown()
    connections.close_all()

    assert clock._begun["note"].result() is False
    assert DONE == []


def test_an_integrity_error_is_told_by_its_frames_alone() -> None:
    assert where(IntegrityError("Key (email)=(jo@example.com)")) == "IntegrityError at an unknown place"


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
