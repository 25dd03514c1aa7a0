"""What all processes had counted at a moment, once a minute: the difference of two says how much happened in between.

Counts never fall (`operations/metrics/processes.py`), so any process can work out what Prometheus would.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.operations.metrics.processes import Counts

EVERY = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FAILED_CALLS = {"Unavailable", "BadResponse", "Unauthorized", "Forbidden"}
SLOW_SECONDS = "2.5"  # as a histogram names its bucket

Digest = Mapping[str, float]


def digest(counts: Counts) -> dict[str, float]:
    """The few sums that say how the engine is, by a name of their own."""
    sums: dict[str, float] = {}
    for (name, labels), value in counts.items():
        for key in _keys(name, dict(labels)):
            sums[key] = sums.get(key, 0.0) + value
    return sums


def _keys(name: str, labels: dict[str, str]) -> Iterable[str]:
    match name:
        case "portal_mails_total":
            return ["mails", f"mails.{labels['outcome']}"]
        case "portal_requests_total":
            return ["requests", "requests.5xx"] if labels["status"].startswith("5") else ["requests"]
        case "portal_request_seconds_bucket" if labels["audience"] == "owners":
            return {"+Inf": ["owners"], SLOW_SECONDS: ["owners.fast"]}.get(labels["le"], [])
        case "portal_ev_energy_calls_total":
            return _keys_of_calls(labels["outcome"])
        case "portal_ev_energy_spent_total":
            return [f"spent.{labels['by']}"]
    return []


def _keys_of_calls(outcome: str) -> list[str]:
    if outcome == "BudgetExhausted":
        return []
    keys = ["calls"]
    keys += ["calls.failed"] if outcome in FAILED_CALLS else []
    return keys + (["calls.429"] if outcome == "RateLimited" else [])


class SampleQuerySet(models.QuerySet["Sample"]):
    def take(self, sums: Digest, *, now: datetime) -> None:
        """Stores the sums, unless that was done within the last minute."""
        # A clock that was set back would else take none until it has caught up.
        recent = self.filter(at__gt=now - EVERY, at__lte=now + EVERY)
        if not recent.exists():
            self.create(at=now, sums=dict(sums))

    def of_the_last_hour(self, *, now: datetime) -> list["Sample"]:
        """The oldest first; one is a little older than the hour."""
        return list(self.filter(at__gt=now - HOUR - 2 * EVERY, at__lte=now).order_by("at"))


class Sample(models.Model):
    at = models.DateTimeField(_("taken"), db_index=True)
    sums = models.JSONField(_("sums"), default=dict)

    objects = SampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample of the counts")
        verbose_name_plural = _("samples of the counts")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class Rates:
    """How much was counted within a length of time, by the samples and the sums of now."""

    def __init__(self, samples: list[Sample], sums: Digest, *, now: datetime) -> None:
        self.sums = sums
        self._samples = samples
        self._now = now

    def increase(self, key: str, *, within: timedelta) -> float:
        """Counted since the newest sample that is as old; since the oldest there is where none is."""
        sample = self._sample(within)
        return max(0.0, self.sums.get(key, 0.0) - sample.sums.get(key, 0.0)) if sample else 0.0

    def share(self, part: str, whole: str, *, within: timedelta) -> float:
        """Which part of the whole, from 0 to 1; 0 where nothing was counted."""
        of = self.increase(whole, within=within)
        return self.increase(part, within=within) / of if of else 0.0

    def since(self, *, within: timedelta) -> datetime | None:
        """From when on is counted; None where there is no sample yet."""
        sample = self._sample(within)
        return sample.at if sample else None

    def _sample(self, within: timedelta) -> Sample | None:
        old_enough = [sample for sample in self._samples if sample.at <= self._now - within]
        return next(iter(old_enough[-1:] or self._samples[:1]), None)
