"""What a version of the policy would do today, before anybody has agreed to it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise

from onboarding_portal.reconnects.models import PolicyVersion, Trial
from onboarding_portal.reconnects.policy.arms import ONE_IN
from onboarding_portal.reconnects.policy.choice import WHY_NOT, chosen, room_left, with_reason
from onboarding_portal.vehicles.models import Vehicle

SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`due` cars could be mailed now, `later_today` once it is day where their owners are; `room` is what the cap
    leaves. `first` are those that would be mailed first.
    """

    stale: int
    due: int
    later_today: int
    room: int
    one_in: int | None
    left_out: list[tuple[Promise, int]]
    first: list[Vehicle]

    @property
    def mailed_now(self) -> int:
        return min(self.due, self.room)

    @property
    def for_another_day(self) -> int:
        return max(self.due + self.later_today - self.room, 0)


def preview_of(version: PolicyVersion, *, now: datetime) -> Preview:
    """A fixed number of queries, however many cars are stale."""
    rows = with_reason(Vehicle.objects.stale(), version=version, now=now).order_by()
    counted = Counter(dict(rows.values_list("why_not").annotate(count=Count("pk"))))
    room = room_left(version, now=now)
    first: Any = chosen(version=version, now=now).select_related("owner", "make", "model")
    return Preview(
        stale=counted.total(),
        due=counted[""],
        later_today=counted["night"],
        room=room,
        one_in=ONE_IN if version.trial != Trial.NONE else None,
        left_out=[(WHY_NOT[key], counted[key]) for key in WHY_NOT if counted[key] and key != "night"],
        first=list(first[: min(SHOWN, room)]) if counted[""] else [],
    )
