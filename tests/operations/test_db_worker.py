"""The worker outlives an absence of the database. With real processes: tests/rehearsal/test_outages.py."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.db import InternalError, OperationalError, ProgrammingError, connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.operations.management.commands.db_worker import (
    BOTH_RELEASES_RUN_FOR,
    LEFT_TO_OTHERS_FOR,
    PatientWorker,
)
from onboarding_portal.operations.pauses import Pauses
from onboarding_portal.vehicles.tasks import refresh_due_vehicles


def worker() -> PatientWorker:
    return PatientWorker(
        queue_names=["default"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="one",
    )


class Away:
    """The database raises `error` for the next `times` statements."""

    def __init__(self, error: Exception, *, times: int) -> None:
        self.error, self.times = error, times

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        if self.times:
            self.times -= 1
            raise self.error
        return execute(*arguments)


def read_only() -> InternalError:
    error = InternalError("cannot execute UPDATE in a read-only transaction")
    error.__cause__ = type("ReadOnlySqlTransaction", (Exception,), {"sqlstate": "25006"})()
    return error


def test_the_command_is_ours_and_takes_what_the_librarys_takes() -> None:
    assert get_commands()["db_worker"] == "onboarding_portal.operations"
    command = load_command_class("onboarding_portal.operations", "db_worker")
    assert command.create_parser("manage.py", "db_worker").parse_args(["--queue-name", "x"]).queue_name == "x"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("the connection is lost"), read_only()])
def test_the_worker_waits_until_the_database_is_back(error: Exception) -> None:
    refresh_due_vehicles.enqueue()
    slept: list[float] = []
    patient = worker()
    patient._pauses = Pauses(sleep=slept.append)

    with connection.execute_wrapper(Away(error, times=4)):
        patient.run()

    assert slept == pytest.approx([1.1, 2.2, 4.4, 8.8], rel=0.2)
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db(transaction=True)
def test_a_mistake_in_a_query_still_ends_the_worker() -> None:
    with (
        connection.execute_wrapper(Away(ProgrammingError("no such column"), times=1)),
        pytest.raises(ProgrammingError),
    ):
        worker().run()


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_end_while_it_waits_ends_at_once() -> None:
    patient = worker()
    slept: list[float] = []

    def told_to_end(seconds: float) -> None:
        slept.append(seconds)
        patient.shutdown(15, None)

    patient._pauses = Pauses(sleep=told_to_end)
    with (
        connection.execute_wrapper(Away(OperationalError("gone"), times=9)),
        pytest.raises(SystemExit) as ended,
    ):
        patient.run()

    assert (ended.value.code, len(slept)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_end_in_a_task_does_not_begin_anew_when_the_database_goes() -> None:
    patient = worker()
    patient._pauses = Pauses(sleep=lambda _seconds: pytest.fail("it waits"))
    patient.running = False

    patient.run()


@pytest.mark.django_db(transaction=True)
def test_the_command_works_off_what_waits() -> None:
    refresh_due_vehicles.enqueue()

    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)

    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db(transaction=True)
def test_the_log_tells_where_a_task_failed_and_nothing_it_quoted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_options: object) -> bool:
        raise ValueError("Key (email)=(jo@example.com) already exists.")

    monkeypatch.setattr("onboarding_portal.vehicles.tasks.work_off", fail)
    refresh_due_vehicles.enqueue()

    worker().run()

    assert "refresh_due_vehicles failed: ValueError at tests/operations/test_db_worker.py" in caplog.text
    assert "jo@example.com" not in caplog.text
    assert "Key (email)" not in caplog.text


UNKNOWN = [
    "onboarding_portal.vehicles.tasks.of_the_next_release",
    "onboarding_portal.next_release.tasks.work",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", UNKNOWN)
def test_a_task_of_another_release_is_left_to_its_workers(path: str) -> None:
    refresh_due_vehicles.enqueue()
    known = DBTaskResult.objects.get().task_path
    DBTaskResult.objects.update(task_path=path)

    worker().run()

    task = DBTaskResult.objects.get()
    assert (task.status, task.started_at) == (TaskResultStatus.READY, None)
    assert timezone.now() < task.run_after <= timezone.now() + LEFT_TO_OTHERS_FOR
    DBTaskResult.objects.update(task_path=known, run_after=timezone.now())  # one who knows it looks
    worker().run()
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", UNKNOWN)
def test_a_task_nobody_knows_any_more_has_failed(path: str) -> None:
    refresh_due_vehicles.enqueue()
    DBTaskResult.objects.update(task_path=path, enqueued_at=timezone.now() - BOTH_RELEASES_RUN_FOR)

    worker().run()

    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED
