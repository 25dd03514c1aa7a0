"""Background tasks in tests run as they do in life: enqueued in the database, carried out by a worker.

Between two tasks the worker closes connections that have an open transaction, so such tests are marked
`django_db(transaction=True)`.
"""

from django.core.management import call_command
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult


def run_tasks() -> None:
    """Carries out all tasks that are ready now, and those they enqueue. Fails if one of them raised."""
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    assert not failed, "\n".join(f"{result.task_path}: {result.traceback}" for result in failed)
