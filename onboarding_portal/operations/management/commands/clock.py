import logging
import os
import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from onboarding_portal.operations.clock.schedule import JOBS, Clock
from onboarding_portal.operations.metrics.processes import Kind
from onboarding_portal.operations.metrics.reporter import begin

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Does the portal's regular work at its times, until it is told to stop. Several clocks do no harm."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop_at_once)
        clock = Clock(JOBS)
        # A log line, not an answer: where nobody takes it any more, logging goes on all the same.
        logger.info("Clock: %s.", ", ".join(job.name for job in JOBS))
        begin(Kind.CLOCK)
        clock.run()


def stop_at_once(signum: int, frame: FrameType | None) -> None:
    # Python would wait for a job's thread at its end, and a sync may take an hour. Jobs are made to be killed: what
    # they have done is stored, and the next one goes on from there.
    os._exit(0)
