"""`manage.py db_worker`: the worker of django-tasks-db, which outlives an absence of the database.

Theirs ends for good when one statement fails, and a platform that restarts it gives up after some tries. And it fails
a task it does not know, which while one release replaces another is the other's to do.
"""

import logging
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from onboarding_portal.operations.metrics.processes import Kind
from onboarding_portal.operations.metrics.reporter import begin
from onboarding_portal.operations.pauses import Pauses
from onboarding_portal.unreachable import is_unreachable

# So long after it was asked for, nobody is there any more who knows the task.
BOTH_RELEASES_RUN_FOR = timedelta(minutes=15)
LEFT_TO_OTHERS_FOR = timedelta(seconds=3)

logger = logging.getLogger(__name__)


class PatientWorker(db_worker.Worker):
    """A signal ends it at once while it waits, as between two tasks.

    A task that ran when the connection broke stays as begun. What it was about is due again by its own row.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pauses = Pauses()

    def run(self) -> None:
        while self.running:
            try:
                super().run()
            except Exception as error:
                if not is_unreachable(error):
                    raise
                if self.running:
                    self._pauses.wait(error)
            else:
                return

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        self._pauses.end()
        if _is_of_another_release(db_task_result):
            _leave_to_others(db_task_result)
        else:
            super().run_task(db_task_result)


def _is_of_another_release(result: DBTaskResult[Any, Any]) -> bool:
    is_recent: bool = timezone.now() - result.enqueued_at < BOTH_RELEASES_RUN_FOR
    try:
        _task = result.task
    except ImportError:
        return is_recent
    return False


def _leave_to_others(result: DBTaskResult[Any, Any]) -> None:
    DBTaskResult.objects.filter(pk=result.pk).update(
        status=TaskResultStatus.READY, started_at=None, run_after=timezone.now() + LEFT_TO_OTHERS_FOR
    )
    logger.info("Task %s is of another release and left to its workers", result.task_path)


class Command(db_worker.Command):
    help = "Does the portal's background work, until it is told to stop. Any number of workers may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        # Its own sign of life has an id: a task that is under way names it, so that staff see whether it still is.
        parser.set_defaults(worker_id=None)

    def handle(self, *, reload: bool, **options: Any) -> None:
        own_id = begin(Kind.WORKER)
        options["worker_id"] = options["worker_id"] or own_id
        if reload:  # for developers, whose database is at hand
            super().handle(reload=reload, **options)
            return
        self.configure_logging(options["verbosity"])
        worker = PatientWorker(
            queue_names=options["queue_name"].split(","),
            excluded_queue_names=[name for name in options["exclude_queues"].split(",") if name],
            **{
                name: options[name]
                for name in ("interval", "batch", "backend_name", "startup_delay", "max_tasks", "worker_id")
            },
        )
        worker.configure_signals()
        worker.run()
