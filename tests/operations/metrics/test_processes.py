"""What several processes counted is one sum that never falls, whoever answers and whoever is gone."""

import signal
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import Error as DatabaseFailure
from django.db.models import Q
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from onboarding_portal.counters import MAILS
from onboarding_portal.operations.clock.schedule import Clock
from onboarding_portal.operations.management.commands.db_worker import PatientWorker
from onboarding_portal.operations.metrics import reporter
from onboarding_portal.operations.metrics.processes import ALL_GONE, Counts, Kind, Process, counts_of, stored
from onboarding_portal.operations.metrics.reporter import Reporter
from tests.operations.metrics.reading import scrape

pytestmark = pytest.mark.django_db

ACCEPTED = ("portal_mails_total", (("outcome", "accepted"),))


def mails() -> float:
    return scrape().value("portal_mails_total", outcome="accepted")


def add_process(*, kind: Kind, mails: int, seen_ago: timedelta = timedelta(0)) -> Process:
    now = timezone.now() - seen_ago
    return Process.objects.create(
        id=uuid.uuid4().hex, kind=kind, started_at=now, seen_at=now, counts=stored({ACCEPTED: mails})
    )


def test_counts_of_all_processes_are_added_up() -> None:
    before = mails()
    add_process(kind=Kind.WORKER, mails=3)
    add_process(kind=Kind.CLOCK, mails=4)
    MAILS.labels("accepted").inc()

    assert mails() - before == 8


def test_process_that_gave_no_sign_of_life_does_not_count_as_running() -> None:
    add_process(kind=Kind.WORKER, mails=0)
    add_process(kind=Kind.WORKER, mails=0, seen_ago=timedelta(minutes=2))

    read = scrape()

    assert read.value("portal_processes", kind="worker") == 1
    assert read.value("portal_processes", kind="clock") == 0


def test_what_a_process_counted_outlasts_its_row() -> None:
    add_process(kind=Kind.WORKER, mails=3, seen_ago=timedelta(hours=1))
    add_process(kind=Kind.WORKER, mails=5, seen_ago=timedelta(hours=2))
    before = mails()
    now = timezone.now()

    for _ in range(2):
        Process.objects.fold(Q(seen_at__lt=now - timedelta(minutes=10)), now=now)

    assert mails() == before
    assert Process.objects.filter(kind=Kind.WORKER).count() == 0
    assert counts_of([Process.objects.get(pk=ALL_GONE).counts])[ACCEPTED] == 8


def test_process_taken_for_gone_goes_on_without_counting_twice() -> None:
    sleeper = Reporter(Kind.WORKER)
    MAILS.labels("accepted").inc()
    sleeper.report()
    before = mails()
    Process.objects.fold(Q(kind=Kind.WORKER), now=timezone.now())

    sleeper.report()
    assert mails() == before
    MAILS.labels("accepted").inc()
    sleeper.report()

    # Once by the sleeper, and once by the process that answers, which here is the same.
    assert mails() - before == 2


def test_process_that_ends_leaves_its_counts_and_gives_no_sign_of_life() -> None:
    ending = Reporter(Kind.CLOCK)
    ending.report()
    before = mails()

    ending.end()

    assert scrape().value("portal_processes", kind="clock") == 0
    assert mails() == before


def missing_after(length: timedelta) -> frozenset[str]:
    return Process.objects.missing(now=timezone.now() + length)


def test_kind_that_ends_for_a_release_to_begin_is_not_missing_for_a_moment() -> None:
    add_process(kind=Kind.WEB, mails=0, seen_ago=timedelta(hours=1))
    Process.objects.filter(kind=Kind.WEB).update(seen_at=timezone.now() + timedelta(hours=1))
    add_process(kind=Kind.CLOCK, mails=0)
    ending = Reporter(Kind.WORKER)
    ending.report()
    Process.objects.fold(Q(pk=ending.id), now=timezone.now())

    assert missing_after(timedelta(seconds=60)) == set()
    assert missing_after(timedelta(seconds=80)) == {"worker", "clock"}


def test_kind_that_has_yet_to_start_is_missing_only_when_the_others_run_for_a_while() -> None:
    add_process(kind=Kind.WEB, mails=0)
    Process.objects.update(seen_at=timezone.now() + timedelta(hours=1))

    assert missing_after(timedelta(seconds=60)) == set()
    assert missing_after(timedelta(seconds=80)) == {"worker", "clock"}


def test_nothing_is_missing_where_no_process_is_known() -> None:
    assert missing_after(timedelta(0)) == set()


@pytest.mark.usefixtures("unreachable_database")
def test_process_that_ends_does_not_wait_for_a_database_that_is_away() -> None:
    ending = Reporter(Kind.CLOCK)
    with pytest.raises(DatabaseFailure):
        ending.report()

    ending.end()


def test_each_process_looks_after_the_engine_beside_its_signs_of_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a dead clock is told of by workers, and dead workers by web processes."""

    def look() -> None:
        raise SystemExit

    monkeypatch.setattr(reporter, "look_if_due", look)
    monkeypatch.setattr(reporter.connections, "close_all", lambda: None)

    with pytest.raises(SystemExit):
        Reporter(Kind.WORKER).go_on_reporting()


@pytest.mark.parametrize(("command", "kind"), [("db_worker", Kind.WORKER), ("clock", Kind.CLOCK)])
def test_worker_and_clock_give_signs_of_life_from_their_start(
    monkeypatch: pytest.MonkeyPatch, command: str, kind: Kind
) -> None:
    begun: list[Kind] = []
    name = f"onboarding_portal.operations.management.commands.{command}.begin"
    monkeypatch.setattr(name, lambda kind: begun.append(kind) or "an-id")
    monkeypatch.setattr(Clock, "run", lambda _self: None)
    monkeypatch.setattr(PatientWorker, "run", lambda _self: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    call_command(command, verbosity=0)

    assert begun == [kind]


def test_a_command_that_ends_gives_no_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "migrate"])

    reporter.begin(Kind.WEB)

    assert reporter.this_process.reporter is None


samples = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.just((("x", "1"),)) | st.just(())), st.integers(0, 1000), max_size=6
)


@given(st.lists(samples, max_size=4))
def test_stored_counts_read_back_add_up(rows: list[Counts]) -> None:
    total = counts_of([stored(row) for row in rows])

    for key in {key for row in rows for key in row}:
        assert total[key] == sum(row.get(key, 0) for row in rows)
