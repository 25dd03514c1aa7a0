"""Reconnects: how far those asked for in the period came, in all and by group, how fast, and how many were back."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    Value,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from onboarding_portal.insights.counting.percentiles import percentiles
from onboarding_portal.insights.period import BACK_WITHIN, Period
from onboarding_portal.reconnects.models import Reconnect, ReconnectQuerySet
from onboarding_portal.reconnects.models.journey import CAUSE, CHANNEL, HAS_DATA, REACHED

NONE = "none"
PERCENTS = (50, 90)
GROUPS = ("channel", "of_make", "of_cause")


def repair_figures(*, period: Period, now: datetime) -> dict[str, Any]:
    """The steps, times and shares of reconnects, in all and by group. A fixed number of queries.

    Shares are of those asked for 7 days before the period's days: all of them have had their 7 days.
    """
    asked = with_groups(
        Reconnect.objects.filter(created_at__gte=period.since - BACK_WITHIN, created_at__lte=now)
    )
    groups = {name: _groups(asked, name, period=period, now=now) for name in GROUPS}
    return {
        **groups,
        "total": _groups(asked.annotate(total=Value("")), "total", period=period, now=now).get("", {}),
        "trend": _trend(asked, now=now),
        "never_opened": Reconnect.objects.never_opened().count(),
        "gave_up": Reconnect.objects.gave_up().count(),
    }


def with_groups(rows: ReconnectQuerySet) -> ReconnectQuerySet:
    return rows.order_by().annotate(
        channel=Coalesce(CHANNEL, Value(NONE)),
        of_make=Coalesce("vehicle__make_id", Value(NONE)),
        of_cause=Coalesce(CAUSE, Value(NONE)),
        took=ExpressionWrapper(F("reconnected_at") - F("created_at"), output_field=DurationField()),
    )


def _groups(rows: ReconnectQuerySet, by: str, *, period: Period, now: datetime) -> dict[str, dict[str, Any]]:
    """For each group the number at each step, the seconds until data, and how many of how many were back in time."""
    within = Q(created_at__gte=period.since)
    counts = {name.value: Count("pk", filter=within & reached) for name, reached in REACHED.items()}
    had_time = Q(created_at__lte=now - BACK_WITHIN)
    shares = {
        "due": Count("pk", filter=had_time),
        "in_time": Count("pk", filter=had_time & HAS_DATA & Q(took__lte=BACK_WITHIN)),
    }
    numbers = {row.pop(by): row for row in rows.values(by).annotate(**counts, **shares)}
    times = percentiles(rows.filter(within & HAS_DATA), of="took", by=by, percents=PERCENTS)
    return {
        group: {**row, **{f"seconds_{percent}": _seconds(times, group, percent) for percent in PERCENTS}}
        for group, row in numbers.items()
        if any(row.values())
    }


def _seconds(times: dict[str, dict[int, timedelta]], group: str, percent: int) -> int | None:
    took = times.get(group, {}).get(percent)
    return None if took is None else round(took.total_seconds())


def _trend(rows: ReconnectQuerySet, *, now: datetime) -> list[list[Any]]:
    """Day by day: those asked for, and how many of them were back within 7 days. Only days that are over for all."""
    day = TruncDate("created_at", tzinfo=timezone.get_default_timezone())
    counted = (
        rows.filter(created_at__lte=now - BACK_WITHIN)
        .annotate(day=day)
        .values_list("day")
        .annotate(Count("pk"), in_time=Count("pk", filter=HAS_DATA & Q(took__lte=BACK_WITHIN)))
        .order_by("day")
    )
    return [[asked_on.isoformat(), asked, in_time] for asked_on, asked, in_time in counted]
