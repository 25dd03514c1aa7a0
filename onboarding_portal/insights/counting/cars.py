"""Cars: how many are connected, how many stale, why, of which make and since when; and how that was before."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from onboarding_portal.insights.models import Counts, DailyCount, Subject
from onboarding_portal.insights.period import Period
from onboarding_portal.vehicles.models import CONNECTED, STALE, Vehicle
from onboarding_portal.vehicles.stale_age import StaleAge

BEFORE = (7, 30)
NO_MAKE = "none"
NOT_LOOKED_INTO = "none"


def count_cars(*, now: datetime) -> Counts:
    """Counts all cars as they are now, by subject and key. Three queries."""
    stale = Vehicle.objects.stale().order_by()
    ages = stale.aggregate(**{age.value: Count("pk", filter=age.condition(now=now)) for age in StaleAge})
    counts: Counter[tuple[str, str]] = Counter()
    counts.update({(Subject.STALE_AGE.value, age): number for age, number in ages.items()})
    for reason, cause, number in stale.values_list("stale_reason", "cause").annotate(Count("pk")):
        counts[Subject.STALE_REASON, reason] += number
        counts[Subject.STALE_CAUSE, cause or NOT_LOOKED_INTO] += number
    makes = Vehicle.objects.present().order_by().values_list("make")
    kinds = {"connected": Count("pk", filter=CONNECTED), "stale": Count("pk", filter=STALE)}
    for make_id, number, connected, stale_number in makes.annotate(Count("pk"), **kinds):
        make = make_id or NO_MAKE
        for total, of_make, each in (
            (Subject.CARS, Subject.MAKE_CARS, number),
            (Subject.CONNECTED, Subject.MAKE_CONNECTED, connected),
            (Subject.STALE, Subject.MAKE_STALE, stale_number),
        ):
            counts[total, ""] += each
            counts[of_make, make] += each
    return counts


def car_figures(*, period: Period) -> dict[str, Any]:
    """The day's counts, those of 7 and 30 days ago, and the totals of each day of the period. Four queries.

    A day on which nobody counted has none.
    """
    days = {0: period.today, **{days: period.today - timedelta(days=days) for days in BEFORE}}
    totals = DailyCount.objects.totals(first_day=period.first_day)
    return {
        "counts": {
            str(ago): [[*key, number] for key, number in DailyCount.objects.of(day).items()]
            for ago, day in days.items()
        },
        "trend": [
            [day.isoformat(), *(counted.get(subject, 0) for subject in (Subject.CONNECTED, Subject.STALE))]
            for day, counted in totals.items()
        ],
    }
