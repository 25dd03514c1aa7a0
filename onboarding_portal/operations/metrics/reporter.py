"""Writes this process's row: every few seconds from a thread of its own, and whenever it answers a scrape.

Beside it the thread looks after the engine, if no clock does.
"""

import atexit
import logging
import sys
import threading
import uuid
from datetime import timedelta
from itertools import count

from django.db import Error as DatabaseFailure
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from onboarding_portal.counters import COUNTED
from onboarding_portal.operations.engine.watch import look_if_due
from onboarding_portal.operations.logs.config import is_server
from onboarding_portal.operations.metrics.processes import GONE_AFTER, Counts, Kind, Process, SampleKey

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=20)


def counted() -> dict[SampleKey, float]:
    """What this process has counted since it started."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in COUNTED.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


class Reporter:
    """The row of one process."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self.id = uuid.uuid4().hex
        self._started_at = timezone.now()
        self._lock = threading.Lock()
        self._stored: Counts = {}  # when the row was written last
        self._lost: Counts = {}  # what a row held that was taken for one of a process that is gone: it is kept there
        self._is_cut_off = False

    def report(self) -> None:
        """Stores a sign of life and the counts. Raises django.db.Error."""
        with self._lock:
            now, counts = timezone.now(), counted()
            self._is_cut_off = True
            if not Process.objects.note(id=self.id, kind=self._kind, counts=self._own(counts), now=now):
                self._lost = self._stored
                Process.objects.begin(
                    id=self.id,
                    kind=self._kind,
                    counts=self._own(counts),
                    started_at=self._started_at,
                    now=now,
                )
            self._stored, self._is_cut_off = counts, False

    def go_on_reporting(self) -> None:
        """Reports until the process ends. The connection is given back each time."""
        waiting = threading.Event()
        for times in count():
            try:
                self.report()
                if not times:
                    now = timezone.now()
                    Process.objects.fold(Q(seen_at__lt=now - GONE_AFTER), now=now)
                look_if_due()
            except DatabaseFailure as failure:
                logger.warning("No sign of life could be stored: %s", type(failure).__name__)
            finally:
                connections.close_all()
            waiting.wait(EVERY.total_seconds())

    def end(self) -> None:
        """The last counts, and no more sign of life. Nobody waits for a database that was away before."""
        if self._is_cut_off:
            return
        try:
            self.report()
            Process.objects.fold(Q(pk=self.id), now=timezone.now())
        except DatabaseFailure:
            return

    def _own(self, counts: Counts) -> dict[SampleKey, float]:
        return {key: value - self._lost.get(key, 0) for key, value in counts.items()}


class Holder:
    """Whoever has no reporter yet answers a scrape, and so is a web process."""

    def __init__(self) -> None:
        self.reporter: Reporter | None = None

    def get(self) -> Reporter:
        self.reporter = self.reporter or Reporter(Kind.WEB)
        return self.reporter


this_process = Holder()


def begin(kind: Kind) -> str:
    """From now on this process, if it is one that serves, gives signs of life and looks after the engine.

    Returns the id under which it does.
    """
    reporter = Reporter(kind)
    if is_server(sys.argv):
        this_process.reporter = reporter
        threading.Thread(target=reporter.go_on_reporting, name="signs of life", daemon=True).start()
        atexit.register(reporter.end)
    return reporter.id
