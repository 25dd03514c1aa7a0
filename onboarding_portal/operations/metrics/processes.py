"""A row for each process that runs: its sign of life, and what it has counted since it started.

Any process can answer a scrape, on any machine, as a proxy sends it where it likes; so what each has counted stands
in the database, and the answer is the sum. What processes that are gone have counted is kept in one row, so that no
count ever falls, which Prometheus would take for a start from zero.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

ALIVE_FOR = timedelta(seconds=75)  # without a sign of life; one is given three times in it
GONE_AFTER = timedelta(minutes=10)

# A sample is its name, its labels in order, and its value; JSON has no other keys than texts.
SampleKey = tuple[str, tuple[tuple[str, str], ...]]
Counts = Mapping[SampleKey, float]
Stored = list[tuple[str, dict[str, str], float]]


class Kind(models.TextChoices):
    WEB = "web", _("Web")
    WORKER = "worker", _("Worker")
    CLOCK = "clock", _("Clock")
    GONE = "gone", _("All that are gone")


def stored(counts: Counts) -> Stored:
    return [(name, dict(labels), value) for (name, labels), value in sorted(counts.items())]


def counts_of(rows: Iterable[Stored]) -> Counts:
    """The sum of what was stored in several rows."""
    total: defaultdict[SampleKey, float] = defaultdict(float)
    for row in rows:
        for name, labels, value in row:
            total[name, tuple(sorted(labels.items()))] += value
    return total


class ProcessQuerySet(models.QuerySet["Process"]):
    # Factories

    def begin(
        self,
        *,
        id: str,  # noqa: A002  as the column is named
        kind: Kind,
        counts: Counts,
        started_at: datetime,
        now: datetime,
    ) -> None:
        self.create(pk=id, kind=kind, counts=stored(counts), started_at=started_at, seen_at=now)

    # Queries

    def alive(self, *, now: datetime) -> dict[str, int]:
        """How many processes of each kind have given a sign of life, zeros included."""
        kinds = self.filter(seen_at__gt=now - ALIVE_FOR).values_list("kind", flat=True)
        counted = Counter(kinds)
        return {kind.value: counted[kind] for kind in (Kind.WEB, Kind.WORKER, Kind.CLOCK)}

    def missing(self, *, now: datetime) -> frozenset[str]:
        """The kinds of which no process is at work, as `missing_kinds` says; none where no process is known."""
        rows = list(self.defer("counts"))
        return frozenset(missing_kinds(rows, now=now)) if rows else frozenset()

    # Mutators

    def note(self, *, id: str, kind: Kind, counts: Counts, now: datetime) -> bool:  # noqa: A002  as the column is named
        """Stores a process's counts; False if its row is gone, and with it what it stored before."""
        return bool(self.filter(pk=id, kind=kind).update(seen_at=now, counts=stored(counts)))

    def fold(self, rows: models.Q, *, now: datetime) -> None:
        """Adds what these processes counted to what all that are gone have counted. Two at once do no harm."""
        self.get_or_create(pk=ALL_GONE, defaults={"kind": Kind.GONE, "started_at": now, "seen_at": now})
        with transaction.atomic():
            gone = self.select_for_update().get(pk=ALL_GONE)
            folded = list(self.select_for_update().filter(rows).exclude(kind=Kind.GONE))
            if folded:
                for row in sorted(folded, key=lambda row: row.seen_at):
                    self._remember(row)
                gone.counts = stored(counts_of([gone.counts, *(row.counts for row in folded)]))
                gone.save(update_fields=["counts"])
                self.filter(pk__in=[row.pk for row in folded]).delete()

    def _remember(self, row: "Process") -> None:
        """That one of the kind was there: one that ends for a release to begin is not missing for a moment."""
        values = {"kind": Kind.GONE, "seen_at": row.seen_at}
        self.update_or_create(
            pk=f"{LAST}{row.kind}", defaults=values, create_defaults={**values, "started_at": row.started_at}
        )


ALL_GONE, LAST = "gone", "last "


class Process(models.Model):
    id = models.CharField(primary_key=True, max_length=32)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last sign of life"))
    counts = models.JSONField(_("what it counted"), default=list)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    # Properties

    def is_alive(self, *, now: datetime) -> bool:
        """Agrees with the query `alive`."""
        return self.kind != Kind.GONE and self.seen_at > now - ALIVE_FOR


def last_seen(rows: Iterable[Process], kind: Kind) -> datetime | None:
    """When a process of the kind last gave a sign of life, as far as that is known."""
    seen = [row.seen_at for row in rows if row.kind == kind or row.pk == f"{LAST}{kind}"]
    return max(seen, default=None)


def missing_kinds(rows: Iterable[Process], *, now: datetime) -> list[Kind]:
    """The kinds without a sign of life for too long. Where everything has just begun, each has its time to come."""
    rows = list(rows)
    alive = [row for row in rows if row.is_alive(now=now)]
    begun_at = min((row.started_at for row in alive), default=None)
    missing = []
    for kind in (Kind.WEB, Kind.WORKER, Kind.CLOCK):
        known = [moment for moment in (last_seen(rows, kind), begun_at) if moment]
        if all(row.kind != kind for row in alive) and all(moment <= now - ALIVE_FOR for moment in known):
            missing.append(kind)
    return missing
