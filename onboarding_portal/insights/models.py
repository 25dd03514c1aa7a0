"""What the clock counts for staff's first page, so that it costs the same for a million cars as for ten thousand."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

KEY_LENGTH = 40


class Subject(models.TextChoices):
    """What a day's count is of. The key says which reason, cause, make or age; a total has none."""

    CARS = "CARS", _("Cars")
    CONNECTED = "CONNECTED", _("Connected")
    STALE = "STALE", _("Stale")
    STALE_REASON = "STALE_REASON", _("Stale, by reason")
    STALE_CAUSE = "STALE_CAUSE", _("Stale, by cause")
    STALE_AGE = "STALE_AGE", _("Stale, by age")
    MAKE_CARS = "MAKE_CARS", _("Cars of a make")
    MAKE_CONNECTED = "MAKE_CONNECTED", _("Connected, of a make")
    MAKE_STALE = "MAKE_STALE", _("Stale, of a make")


Counts = Mapping[tuple[str, str], int]


class DailyCountQuerySet(models.QuerySet["DailyCount"]):
    # Mutators

    def replace(self, *, day: date, counts: Counts) -> None:
        """Writes what was counted on the day anew. What is over is not counted any more, and never changes."""
        rows = [
            DailyCount(day=day, subject=subject, key=key, count=count)
            for (subject, key), count in counts.items()
        ]
        with transaction.atomic():
            self.filter(day=day).delete()
            self.bulk_create(
                rows, update_conflicts=True, unique_fields=["day", "subject", "key"], update_fields=["count"]
            )

    # Queries

    def of(self, day: date) -> dict[tuple[str, str], int]:
        """What was counted on the day; empty if nothing was."""
        rows = self.filter(day=day).values_list("subject", "key", "count")
        return {(subject, key): count for subject, key, count in rows}

    def totals(self, *, first_day: date) -> dict[date, dict[str, int]]:
        """The counts without a key, by day and subject."""
        days: dict[date, dict[str, int]] = {}
        rows = self.filter(day__gte=first_day, key="").order_by("day")
        for day, subject, count in rows.values_list("day", "subject", "count"):
            days.setdefault(day, {})[subject] = count
        return days


class DailyCount(models.Model):
    """How many it were when the clock last counted on that day."""

    day = models.DateField(_("day"))
    subject = models.CharField(_("of what"), max_length=14, choices=Subject)
    key = models.CharField(_("which"), max_length=KEY_LENGTH, blank=True, default="")
    count = models.PositiveIntegerField(_("how many"))

    objects = DailyCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily count")
        verbose_name_plural = _("daily counts")
        constraints = [
            models.UniqueConstraint(fields=["day", "subject", "key"], name="daily_count_once_for_each_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.subject} {self.key}".rstrip()


class SummaryQuerySet(models.QuerySet["Summary"]):
    def write(self, *, days: int, figures: dict[str, Any], now: datetime) -> None:
        self.update_or_create(days=days, defaults={"figures": figures, "counted_at": now})


class Summary(models.Model):
    """All numbers of the first page for the last so many days, as they were when they were counted."""

    days = models.PositiveSmallIntegerField(_("days"), primary_key=True)
    counted_at = models.DateTimeField(_("counted"))
    figures = models.JSONField(_("figures"), default=dict)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("summary")
        verbose_name_plural = _("summaries")

    def __str__(self) -> str:
        return f"{self.days} {self.counted_at:%Y-%m-%d %H:%M}"
