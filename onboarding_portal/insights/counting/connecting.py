"""Onboarding: how many saw the makes, picked one, left, came back and have data; what they searched for in vain."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Count

from onboarding_portal.catalogue.models import UnknownSearch
from onboarding_portal.insights.period import Period
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.onboarding.reached import NO_MAKE, REACHED
from onboarding_portal.onboarding.steps import StepCount

STEPS = ("seen", "picked", *REACHED)
MOST_SEARCHES = 20


def connecting_figures(*, period: Period, now: datetime) -> dict[str, Any]:
    """Three queries. The steps before leaving are counted as they happen, the others from attempts."""
    steps: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(STEPS, 0))
    counted = StepCount.objects.filter(day__gte=period.first_day, day__lte=period.today).order_by()
    for make_id, step, count in counted.values_list("make_id", "step", "count"):
        steps[make_id or NO_MAKE][step.lower()] += count
    attempts = Attempt.objects.left().filter(started_at__gte=period.since, started_at__lte=now).order_by()
    counts = {name: Count("pk", filter=reached) for name, reached in REACHED.items()}
    for make_id, *numbers in attempts.values_list("make_id").annotate(**counts):
        steps[make_id or NO_MAKE].update(zip(REACHED, numbers, strict=True))
    return {
        "total": {name: sum(row[name] for row in steps.values()) for name in STEPS},
        "makes": {make_id: row for make_id, row in steps.items() if any(row[name] for name in STEPS[1:])},
        "searches": UnknownSearch.objects.most_wanted(since=period.first_day, at_most=MOST_SEARCHES),
    }
