"""What came of the policy's e-mails, arm by arm: the share that came back, how soon, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.utils.translation import gettext, ngettext

from onboarding_portal.reconnects.models import Arm, PolicyChoice, PolicyChoiceQuerySet, PolicyVersion
from onboarding_portal.reconnects.policy.intervals import Interval, median_ranks, wilson
from onboarding_portal.vehicles.stale_episode import EndedBy, StaleEpisode

WITHIN = timedelta(days=7)
# Of fewer cars no share is told.
FEWEST = 20
DAY = timedelta(days=1)
# So long it is looked whether a car that was chosen is back.
LOOKED_AFTER_FOR = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """Of the cars chosen at least seven days ago, `back` were back within these. Times to the data are in days.

    `median` and its bounds, by ranks, are infinite where half of the cars, or so many, are not back.
    """

    arm: Arm
    count: int
    back: int
    median: float | None = None
    median_bounds: Interval | None = None

    @property
    def share(self) -> Interval:
        return wilson(self.back, self.count)

    @property
    def is_telling(self) -> bool:
        return self.count >= FEWEST

    @property
    def percent(self) -> int:
        return round(100 * self.back / self.count) if self.count else 0

    @property
    def words(self) -> str:
        """What a Lead reads."""
        count = {"count": self.count}
        who = {
            Arm.MAIN: ngettext("Of %(count)d car mailed", "Of %(count)d cars mailed", self.count),
            Arm.HELD_BACK: ngettext("Of %(count)d car held back", "Of %(count)d cars held back", self.count),
            Arm.LATER: ngettext(
                "Of %(count)d car mailed later", "Of %(count)d cars mailed later", self.count
            ),
        }[self.arm] % count
        if not self.is_telling:
            return gettext("%(who)s, chosen at least 7 days ago: too few to tell yet.") % {"who": who}
        share = {"who": who, "share": self.percent, **bounds_in_percent(self.share)}
        text = gettext("%(who)s, %(share)d %% were back within 7 days (%(low)d to %(high)d %%).") % share
        return f"{text} {self._words_of_time()}"

    def _words_of_time(self) -> str:
        if self.median is None or self.median_bounds is None:
            return ""
        if math.isinf(self.median):
            return gettext("Fewer than half have sent data so far.")
        values = {"median": self.median, "low": self.median_bounds.low, "high": self.median_bounds.high}
        if math.isinf(values["high"]):
            return gettext("Half of them sent data within %(median).1f days (at least %(low).1f).") % values
        return gettext("Half of them sent data within %(median).1f days (%(low).1f to %(high).1f).") % values


def bounds_in_percent(share: Interval) -> dict[str, int]:
    return {"low": round(100 * share.low), "high": round(100 * share.high)}


def settle(*, now: datetime) -> int:
    """Notes which breaks are over, and whether by data; returns how many. One statement, for those chosen of late."""
    episodes = StaleEpisode.objects.filter(
        vehicle=OuterRef("vehicle"), started_at__lte=OuterRef("chosen_at"), ended_at__gt=OuterRef("chosen_at")
    ).order_by("ended_at")
    by_data = episodes.filter(ended_by__in=[EndedBy.RECONNECTED, EndedBy.DATA])
    going_on = PolicyChoice.objects.filter(ended_at=None, chosen_at__gt=now - LOOKED_AFTER_FOR)
    return going_on.filter(Exists(episodes)).update(
        ended_at=Subquery(episodes.values("ended_at")[:1]), back_at=Subquery(by_data.values("ended_at")[:1])
    )


def results_of(version: PolicyVersion, *, now: datetime) -> list[ArmResult]:
    """A result for each arm the version has chosen cars for. A fixed number of queries.

    Counted from when the car was chosen, in every arm alike, by the first e-mail about each break.
    """
    ripe = PolicyChoice.objects.filter(version=version, asking=1, chosen_at__lte=now - WITHIN)
    counts = (
        ripe.order_by().values_list("arm").annotate(count=Count("pk"), back=Count("pk", filter=_in_time()))
    )
    found = {Arm(arm): (count, back) for arm, count, back in counts}
    return [_result(ripe, arm, *found[arm]) for arm in Arm if arm in found]


def comparison(results: Sequence[ArmResult]) -> str:
    """Whether the arms differ, in words; "" where there is nothing to compare.

    Newcombe's interval for the difference of two shares, from the Wilson interval of each.
    """
    by_arm = {result.arm: result for result in results}
    other = by_arm.get(Arm.HELD_BACK) or by_arm.get(Arm.LATER)
    main = by_arm.get(Arm.MAIN)
    if main is None or other is None:
        return ""
    if not (main.is_telling and other.is_telling):
        return gettext("Too few to tell yet what helps.")
    points = difference(main, other)
    values = {"low": round(100 * points.low), "high": round(100 * points.high)}
    if points.low > 0:
        return gettext("The e-mail helps: %(low)d to %(high)d of 100 cars more come back.") % values
    if points.high < 0:
        worse = {"low": -values["high"], "high": -values["low"]}
        return gettext("As the rules say, fewer come back: %(low)d to %(high)d of 100 cars.") % worse
    return (
        gettext(
            "Too few to tell yet what helps: of 100 cars, between %(low)d and %(high)d more come back "
            "as the rules say."
        )
        % values
    )


def difference(main: ArmResult, other: ArmResult) -> Interval:
    one, two = main.back / main.count, other.back / other.count
    low = math.hypot(one - main.share.low, other.share.high - two)
    high = math.hypot(main.share.high - one, two - other.share.low)
    return Interval(one - two - low, one - two + high)


def _in_time() -> Q:
    return Q(back_at__isnull=False, back_at__lte=F("chosen_at") + WITHIN)


def _result(ripe: PolicyChoiceQuerySet, arm: Arm, count: int, back: int) -> ArmResult:
    ranks = median_ranks(count)
    if ranks is None:
        return ArmResult(arm=arm, count=count, back=back)
    took = ExpressionWrapper(F("back_at") - F("chosen_at"), output_field=DurationField())
    in_order = ripe.filter(arm=arm, back_at__isnull=False).annotate(took=took).order_by("took")
    low, median, high = (_days_at(in_order, rank) for rank in (ranks[0], (count - 1) // 2, ranks[1]))
    return ArmResult(arm=arm, count=count, back=back, median=median, median_bounds=Interval(low, high))


def _days_at(in_order: PolicyChoiceQuerySet, rank: int) -> float:
    """The time of the car at this place; infinite for those that come after all who are back."""
    found: list[Any] = list(in_order[rank : rank + 1])
    return found[0].took / DAY if found else math.inf
