"""How long connections have lived, make by make: read from the rows once a day, and kept as a curve."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import TruncDate

from onboarding_portal.reconnects.models import MakeSurvival
from onboarding_portal.reconnects.models.make_survival import Point
from onboarding_portal.reconnects.policy.kaplan_meier import Lived, survival_curve, told_from
from onboarding_portal.timing import HISTORY
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.stale_episode import StaleEpisode

MOST_POINTS = 150
DIGITS = 4

Lives = dict[str, Counter[tuple[int, bool]]]


def count_survival(*, now: datetime) -> int:
    """Works the curves out anew and returns for how many makes. Five queries, however many cars.

    The days are those of the calendar: an age may be off by one. A car that was removed while its connection lived
    counts up to then. Connections whose end nobody saw as the car was switched off or changed hands are left out.
    """
    lives = _lives(now=now)
    rows = [_survival(make_id, counted, now=now) for make_id, counted in lives.items()]
    with transaction.atomic():
        MakeSurvival.objects.exclude(make__in=lives).delete()
        MakeSurvival.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["make"],
            update_fields=["counted_at", "life_count", "ended_count", "points", "told_from_days"],
        )
    return len(rows)


def thinned(points: Sequence[Point]) -> list[list[float]]:
    """At most so many of the points, the last among them, with few digits: what a page shows."""
    step = -(-len(points) // MOST_POINTS) or 1
    kept = [point for place, point in enumerate(reversed(points)) if place % step == 0]
    return [
        [p.days, p.at_risk, p.ended, *(round(share, DIGITS) for share in (p.share, p.low, p.high))]
        for p in reversed(kept)
    ]


def _lives(*, now: datetime) -> Lives:
    """For each make: how many connections lived for so many days, and whether they are over."""
    found: Lives = {}
    ended = kept_whole(StaleEpisode.objects.lives_that_ended(), now=now)
    _add(found, _by_day(ended, until="lost_at"), is_over=True)
    removed = kept_whole(Vehicle.objects.removed_while_connected(), now=now)
    _add(found, _by_day(removed, until="removed_at"), is_over=False)
    alive = kept_whole(Vehicle.objects.with_live_connection(), now=now)
    today = now.date()
    living = ((make_id, since, today, count) for make_id, since, count in _by_day(alive))
    _add(found, living, is_over=False)
    return found


def kept_whole(rows: Any, *, now: datetime) -> Any:
    """Those of a known make that began so lately that none which ended is purged yet.

    Of older ones only those that live still would be left, and connections would seem to live longer than they do.
    """
    return rows.exclude(make=None).filter(connected_since__gte=now - HISTORY)


def _by_day(rows: Any, *, until: str = "") -> Iterable[Any]:
    """(make, day it began, day it ended if asked for, how many), counted by the database."""
    columns = {"began_on": TruncDate(F("connected_since"))}
    if until:
        columns["ended_on"] = TruncDate(F(until))
    counted = rows.order_by().annotate(**columns).values_list("make", *columns).annotate(count=Count("pk"))
    found: Iterable[Any] = counted.iterator()
    return found


def _add(lives: Lives, rows: Iterable[tuple[str, date, date, int]], *, is_over: bool) -> None:
    for make_id, began_on, ended_on, count in rows:
        days = max((ended_on - began_on).days, 0)
        lives.setdefault(make_id, Counter())[days, is_over] += count


def _survival(make_id: str, counted: Counter[tuple[int, bool]], *, now: datetime) -> MakeSurvival:
    points = survival_curve(Lived(days, is_over, count) for (days, is_over), count in counted.items())
    return MakeSurvival(
        make_id=make_id,
        counted_at=now,
        life_count=counted.total(),
        ended_count=sum(count for (_days, is_over), count in counted.items() if is_over),
        points=thinned(points),
        told_from_days=told_from(points),
    )
