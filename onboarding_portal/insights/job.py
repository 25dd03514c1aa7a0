"""The clock's job: all numbers of the first page, counted anew every few minutes.

A page of staff's then reads one row, however many cars there are. What a day was like at its end stays as it was.
"""

from datetime import datetime

from django.utils import timezone

from onboarding_portal.insights.counting.cars import car_figures, count_cars
from onboarding_portal.insights.counting.connecting import connecting_figures
from onboarding_portal.insights.counting.ready import ready_figures
from onboarding_portal.insights.counting.repairs import repair_figures
from onboarding_portal.insights.models import DailyCount, Summary
from onboarding_portal.insights.period import CHOICES, Period


def count_insights() -> None:
    count_now(now=timezone.now())


def count_now(*, now: datetime) -> None:
    """Writes the day's counts and the summary of each period. A fixed number of queries. Twice does no harm."""
    today = Period.ending(now, days=1).today
    DailyCount.objects.replace(day=today, counts=count_cars(now=now))
    for days in CHOICES:
        period = Period.ending(now, days=days)
        figures = {
            "cars": car_figures(period=period),
            "repairs": repair_figures(period=period, now=now),
            "connecting": connecting_figures(period=period, now=now),
            "ready": ready_figures(period=period, now=now),
        }
        Summary.objects.write(days=days, figures=figures, now=now)
