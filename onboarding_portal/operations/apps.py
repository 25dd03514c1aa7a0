import sys

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string
from django_tasks.signals import task_finished, task_started

import onboarding_portal.operations.checks  # noqa: F401  importing registers them
from onboarding_portal.ev_energy.budget import flush
from onboarding_portal.operations.checks.watchers import is_dsn
from onboarding_portal.operations.database_waits import bound_waiting
from onboarding_portal.operations.logs.config import is_background, is_server, log_crashes
from onboarding_portal.operations.logs.failed_tasks import log_failure
from onboarding_portal.operations.logs.request_id import begin_task, end_task
from onboarding_portal.operations.metrics.counting import count_task
from onboarding_portal.patience import BACKGROUND_SECONDS, PAGE_SECONDS


class OperationsConfig(AppConfig):
    name = "onboarding_portal.operations"
    label = "operations"

    def ready(self) -> None:
        task_started.connect(begin_task)
        task_finished.connect(log_failure)
        task_finished.connect(end_task)
        task_finished.connect(flush)
        task_finished.connect(count_task)
        import_string("onboarding_portal.operations.engine.hooks.hook_in")()
        if is_server(sys.argv):
            log_crashes()
            bound_waiting(seconds=BACKGROUND_SECONDS if is_background(sys.argv) else PAGE_SECONDS)
            if is_dsn(settings.SENTRY_DSN):
                import_string("onboarding_portal.operations.sentry.begin")()
