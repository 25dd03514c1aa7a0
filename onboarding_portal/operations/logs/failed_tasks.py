"""A task that failed leaves a line in the log that tells where, without what its error quoted.

The whole traceback stands in the task's own row, for whoever may see it.
"""

import logging
from typing import Any

from django_tasks import TaskResult

from onboarding_portal.operations.logs.frames import where_of_text

logger = logging.getLogger(__name__)


def log_failure(*, task_result: TaskResult[Any], **_: Any) -> None:
    for error in task_result.errors:
        kind = error.exception_class_path.rpartition(".")[2]
        place = where_of_text(error.traceback)
        logger.error("Task %s failed: %s at %s", task_result.task.module_path, kind, place)
