"""From connected to the first smart charge: how many cars connected in the period came how far, and how fast."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Value

from onboarding_portal.insights.counting.percentiles import percentiles
from onboarding_portal.insights.period import BACK_WITHIN, Period
from onboarding_portal.vehicles.models import Vehicle

NO_MAKE = "none"
IS_SMART = Q(readiness__first_smart_at__isnull=False)
# Who charged smartly was ready; of the others nothing is known to be missing.
IS_READY = IS_SMART | Q(readiness__blocker="", readiness__has_address=True)
SOON = Q(readiness__first_smart_at__lte=F("connected_at") + BACK_WITHIN)


def ready_figures(*, period: Period, now: datetime) -> dict[str, Any]:
    """Four queries. The share of those charged smartly within a week is of the cars that have had a week."""
    cars = Vehicle.objects.present().filter(connected_at__gte=period.since, connected_at__lte=now).order_by()
    had_a_week = Q(connected_at__lte=now - BACK_WITHIN)
    counts = {
        "connected": Count("pk"),
        "ready": Count("pk", filter=IS_READY),
        "smart": Count("pk", filter=IS_SMART),
        "had_a_week": Count("pk", filter=had_a_week),
        "within_a_week": Count("pk", filter=had_a_week & SOON),
    }
    took = cars.filter(IS_SMART).annotate(took=F("readiness__first_smart_at") - F("connected_at"))
    half = percentiles(took, of="took", by="make_id", percents=(50,))
    of_all = percentiles(took.annotate(all=Value(0)), of="took", by="all", percents=(50,))
    makes = {}
    for make_id, *numbers in cars.values_list("make_id").annotate(**counts):
        row = dict(zip(counts, numbers, strict=True))
        makes[make_id or NO_MAKE] = {**row, "half_took": _seconds(half.get(make_id, {}))}
    total: dict[str, Any] = cars.aggregate(**counts)
    return {"total": {**total, "half_took": _seconds(of_all.get(0, {}))}, "makes": makes}


def _seconds(found: Mapping[int, Any]) -> float | None:
    return found[50].total_seconds() if 50 in found else None
