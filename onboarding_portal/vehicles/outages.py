"""Finds trouble at a manufacturer, or at a middleman: their cars break at once, far beyond what is usual for them.

After each sync, the cars of a make that broke within a day (turned stale, or have provider errors as their latest)
are counted and compared with the make's own last four weeks. When most of them are back, it is over. The same is done
for the cars whose error logs name the same controller, so that a middleman's fault is seen where makes are small.
Makes that stand out by themselves are left out there.

The share is compared by the Chernoff bound: an upper bound for how likely so many breaks are if the cars broke one by
one. It is one line, needs no table, and never claims more certainty than the exact binomial tail. It is asked for
five times the usual share, not the share itself: cars of a make are alike, and bad days are worse than chance has it.
"""

import logging
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Min, Q, Sum

from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.make_outage import MakeOutage, UsualDay
from onboarding_portal.vehicles.models import StaleReason, Vehicle, VehicleQuerySet

logger = logging.getLogger(__name__)

WITHIN = timedelta(days=1)
# A make with fewer broken cars than this is looked at by nobody's statistic, but by its owners and staff.
FEWEST = 5
# Each make is asked about a hundred times a day, all year: a false alarm has to be rarer than that.
CHANCE = 1e-6
TIMES_USUAL = 5.0
LOOK_BACK = timedelta(days=28)
# What is assumed of a make nobody has watched yet, worth so many cars times days of its own.
ASSUMED_SHARE, ASSUMED_CAR_DAYS = 0.01, 500
_NOBODY = {"make": None, "controller": ""}
# Most are back for so long: then those who are not will not come by themselves.
SETTLES_FOR = timedelta(hours=6)
# Cars that never come back by themselves were cut off for good, and their owners have to sign in.
LONGEST = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count24:
    """How many cars there are and how many of them broke within the last day, the first of them at `began_at`.

    `by` is the vehicle's column that joins them, "make" or "controller"; `whose` is the make's id or the middleman.
    """

    by: str
    whose: str
    car_count: int
    broken_count: int
    began_at: datetime | None


def is_far_above(*, broken: int, cars: int, usual_share: float) -> bool:
    """Whether so many broken cars are more than chance explains, at five times the usual share."""
    expected = min(TIMES_USUAL * usual_share, 1.0)
    share = broken / cars if cars else 0.0
    if broken < FEWEST or share <= expected:
        return False
    others = 0.0 if share == 1 else (1 - share) * math.log((1 - share) / (1 - expected))
    return cars * (share * math.log(share / expected) + others) > -math.log(CHANCE)


def share_of(*, broken: int, car_days: int) -> float:
    """The share of a make's cars that break on a usual day; with little history it stays near what is assumed."""
    return (broken + ASSUMED_SHARE * ASSUMED_CAR_DAYS) / (car_days + ASSUMED_CAR_DAYS)


def review_outages(*, now: datetime) -> None:
    """Marks who has trouble now and lifts the marks of those that have it no more.

    A fixed number of queries, and a few more for each mark. Doing it twice changes nothing more.
    """
    usual = _usual_shares(now=now)
    makes = _count("make", now=now)
    alone = {*_suspects(makes, usual=usual), *_makes_in_trouble(now=now)}
    middlemen = _count("controller", now=now, without_makes=alone)
    counts = [*makes, *middlemen]
    suspects = {*_suspects(makes, usual=usual), *_suspects(middlemen, usual=usual)}
    marked = {outage.whose: outage for outage in MakeOutage.objects.ongoing()}
    for count in counts:
        if count.whose in suspects and count.whose not in marked:
            _mark(count, usual_share=usual.get(count.whose, ASSUMED_SHARE), now=now)
    for outage in marked.values():
        _follow(outage, is_still_breaking=outage.whose in suspects, now=now)
    _note_day(counts, now=now)


def broken_since(moment: datetime) -> Q:
    """Cars that broke after `moment`, or have their cause read since then as the provider's.

    Those that were broken when the portal first saw them did not break: a first sync finds thousands of them. Staff's
    marks are not counted, as nothing happened to the car.
    """
    was_whole = Q(connected_at__lt=F("stale_since") - WITHIN)
    turned = Q(stale_since__gt=moment, stale_reason__in=[StaleReason.CONNECTION_LOST, StaleReason.SILENT])
    is_providers = Q(stale_since__isnull=False, cause=Cause.PROVIDER_DOWN, cause_read_at__gt=moment)
    return was_whole & (turned | is_providers)


def _suspects(counts: Iterable[Count24], *, usual: dict[str, float]) -> set[str]:
    return {
        count.whose
        for count in counts
        if is_far_above(
            broken=count.broken_count,
            cars=count.car_count,
            usual_share=usual.get(count.whose, ASSUMED_SHARE),
        )
    }


def _makes_in_trouble(*, now: datetime) -> set[str]:
    """Makes that have trouble of their own, or had within a day."""
    marks = MakeOutage.objects.filter(Q(lifted_at=None) | Q(lifted_at__gt=now - WITHIN), make__isnull=False)
    return {str(make_id) for make_id in marks.order_by().values_list("make", flat=True)}


def _count(by: str, *, now: datetime, without_makes: Collection[str] = ()) -> list[Count24]:
    """Middlemen are counted without makes that have trouble of their own: one large make's would be theirs, too."""
    watched, only = _watched(by, now=now)
    watched = watched.exclude(make__in=without_makes)
    lifted = MakeOutage.objects.filter(lifted_at__gt=now - WITHIN).exclude(**{by: _NOBODY[by]})
    lifts = dict(lifted.order_by().values_list(by).annotate(last=Max("lifted_at")))
    counts = _count_each(by, watched.exclude(**{f"{by}__in": lifts}), since=now - WITHIN, only=only)
    for whose, lifted_at in lifts.items():
        # What broke before the mark was lifted has had its mark.
        later = only & Q(stale_since__gt=lifted_at)
        counts += _count_each(by, watched.filter(**{by: whose}), since=lifted_at, only=later)
    return counts


def _watched(by: str, *, now: datetime) -> tuple[VehicleQuerySet, Q]:
    """The cars that are counted, and which of their breaks. Those of no known make or controller are nobody's.

    A car's controller is learned from its errors, so cars that have just broken would be all there is to see of one.
    Cars count from the day after theirs was learned, and only by what breaks then.
    """
    watched = Vehicle.objects.connectable().exclude(**{by: _NOBODY[by]})
    if by == "make":
        return watched, Q()
    known = watched.filter(controller_known_at__lt=now - WITHIN)
    return known, Q(stale_since__gt=F("controller_known_at"))


def _count_each(by: str, watched: VehicleQuerySet, *, since: datetime, only: Q) -> list[Count24]:
    broke = broken_since(since) & only
    rows = (
        watched.order_by()
        .values_list(by)
        .annotate(
            cars=Count("pk"), broken=Count("pk", filter=broke), began_at=Min("stale_since", filter=broke)
        )
    )
    return [
        Count24(by=by, whose=whose, car_count=cars, broken_count=broken, began_at=began_at)
        for whose, cars, broken, began_at in rows
    ]


def _usual_shares(*, now: datetime) -> dict[str, float]:
    days = UsualDay.objects.filter(day__lt=now.date(), day__gte=(now - LOOK_BACK).date(), is_unusual=False)
    rows = days.order_by().values_list("whose").annotate(broken=Sum("broken_count"), cars=Sum("car_count"))
    return {whose: share_of(broken=broken, car_days=cars) for whose, broken, cars in rows}


def _mark(count: Count24, *, usual_share: float, now: datetime) -> None:
    MakeOutage.objects.mark(
        now=now,
        make_id=count.whose if count.by == "make" else None,
        controller=count.whose if count.by == "controller" else "",
        began_at=count.began_at or now,
        broken_count=count.broken_count,
        car_count=count.car_count,
        usual_share=usual_share,
    )
    logger.warning(
        "Trouble at a manufacturer: %d of %d cars broke within a day", count.broken_count, count.car_count
    )


def _follow(outage: MakeOutage, *, is_still_breaking: bool, now: datetime) -> None:
    """Brings a mark up to date, and lifts it once it is over. Staff's own stay until staff lift them."""
    # The first that broke counts as well.
    since = outage.began_at - timedelta(microseconds=1)
    by = "make" if outage.make_id else "controller"
    everybody, only = _watched(by, now=now)
    watched = everybody.filter(**{by: outage.whose})
    broken = watched.filter(broken_since(since) & only).count()
    outage.broken_count = max(outage.broken_count, broken)
    outage.car_count = watched.count()
    most_are_back = 2 * broken <= outage.broken_count
    outage.recovering_since = (outage.recovering_since or now) if most_are_back else None
    outage.save(update_fields=["broken_count", "car_count", "recovering_since"])
    has_settled = outage.recovering_since is not None and now - outage.recovering_since >= SETTLES_FOR
    ran_out = now - outage.began_at >= LONGEST and not is_still_breaking
    if not outage.is_staffs and (has_settled or ran_out):
        MakeOutage.objects.filter(pk=outage.pk).lift(now=now)
        logger.warning("Trouble at a manufacturer is over: %d cars are still cut off", broken)


def _note_day(counts: Iterable[Count24], *, now: datetime) -> None:
    of_late = MakeOutage.objects.filter(Q(lifted_at=None) | Q(lifted_at__gt=now - WITHIN))
    unusual = {outage.whose for outage in of_late}
    UsualDay.objects.bulk_create(
        [
            UsualDay(
                whose=count.whose,
                day=now.date(),
                car_count=count.car_count,
                broken_count=count.broken_count,
                is_unusual=count.whose in unusual,
            )
            for count in counts
        ],
        update_conflicts=True,
        unique_fields=["whose", "day"],
        update_fields=["car_count", "broken_count", "is_unusual"],
    )
