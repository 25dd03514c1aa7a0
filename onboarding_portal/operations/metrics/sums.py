"""What all processes counted, gone ones too, added up."""

from collections.abc import Iterator

from django.db import Error as DatabaseFailure
from prometheus_client.core import Metric, Sample
from prometheus_client.registry import Collector

from onboarding_portal.counters import COUNTED
from onboarding_portal.operations.metrics.processes import Counts, Process, counts_of
from onboarding_portal.operations.metrics.reporter import this_process


class SumsCollector(Collector):
    """While the database is away there is nothing to add up; a count of this process alone would be a wrong one."""

    def collect(self) -> Iterator[Metric]:
        try:
            # First its own: whoever reads the next sum, from another process, must not read a smaller one.
            this_process.get().report()
            counts = counts_of(Process.objects.values_list("counts", flat=True))
        except DatabaseFailure:
            return
        for known in COUNTED.collect():
            yield _with(counts, family=known)


def _with(counts: Counts, *, family: Metric) -> Metric:
    """The family with these counts; what another release counted under other names is left out."""
    names = {family.name + ending for ending in ("_total", "_bucket", "_count", "_sum")}
    family.samples = [
        Sample(name, dict(labels), value) for (name, labels), value in sorted(counts.items()) if name in names
    ]
    return family
