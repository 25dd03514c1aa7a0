"""What staff do to many vehicles at once. Each act is in the audit log once, with all its cars, and in
every vehicle's history.

Selections may be a hundred thousand vehicles: they are worked through in chunks, each its own short transaction.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts import audit
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.budget import seconds_until_done
from onboarding_portal.lengths import about
from onboarding_portal.vehicles.models import Vehicle, VehicleQuerySet
from onboarding_portal.vehicles.tasks import enqueue_due_work

CHUNK = 1000


class Act(StrEnum):
    """The admin's actions, by their names there."""

    MARK_STALE = "mark_stale"
    CLEAR_STALE = "clear_stale"
    REFRESH = "refresh_from_ev_energy"


# What the histories of the vehicles say afterwards.
SAID = {
    Act.MARK_STALE: _("Marked as broken (stale): a reconnect is offered."),
    Act.CLEAR_STALE: _("Mark of being broken (stale) taken away."),
    Act.REFRESH: _("To be read again from ev.energy."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many vehicles an act would change and how many it leaves out; `seconds` is the time its requests take."""

    changing: int
    left_out: int
    seconds: float

    @property
    def takes(self) -> str:
        """In words; "" if nobody can tell because the reserve is all there is."""
        return about(self.seconds) if math.isfinite(self.seconds) else ""


def preview(*, act: Act, vehicles: QuerySet[Vehicle], now: datetime) -> Preview:
    """Returns what carrying out `act` would do, without doing it."""
    selected = Vehicle.objects.filter(pk__in=vehicles.order_by().values("pk"))
    changing = _FITTING[act](selected).count()
    seconds = seconds_until_done(requests=changing, now=now) if act is Act.REFRESH else 0.0
    return Preview(changing=changing, left_out=vehicles.count() - changing, seconds=seconds)


def carry_out(*, act: Act, vehicles: QuerySet[Vehicle], by: User, now: datetime, why: str = "") -> int:
    """Does it, and returns how many vehicles it changed. Refreshing goes on in the background."""
    changed, write_down = 0, audit.Recorder(act=_RECORDED_AS[act], actor=by, why=why)
    for vehicle_ids in _chunks(vehicles):
        with transaction.atomic():
            fitting = _FITTING[act](Vehicle.objects.filter(pk__in=vehicle_ids)).order_by("pk")
            chosen = list(fitting.select_related("make", "model").select_for_update(of=["self"]))
            changed += _CHANGE[act](Vehicle.objects.filter(pk__in=[vehicle.pk for vehicle in chosen]), now)
            write_down(audit.about(*chosen))
            LogEntry.objects.log_actions(by.pk, chosen, CHANGE, str(SAID[act]))
    enqueue_due_work()
    return changed


def _chunks(vehicles: QuerySet[Vehicle]) -> Iterator[list[str]]:
    """By ids, not by offset: what an act changes may drop out of the filter it was selected with."""
    after = ""
    while True:
        rows = vehicles.order_by("pk").filter(pk__gt=after).values_list("pk", flat=True)
        vehicle_ids = list(rows[:CHUNK])
        if not vehicle_ids:
            return
        yield vehicle_ids
        after = vehicle_ids[-1]


_FITTING: dict[Act, Callable[[VehicleQuerySet], VehicleQuerySet]] = {
    Act.MARK_STALE: lambda vehicles: vehicles.markable(),
    Act.CLEAR_STALE: lambda vehicles: vehicles.exclude(stale_since=None),
    Act.REFRESH: lambda vehicles: vehicles.present(),
}

_RECORDED_AS = {
    Act.MARK_STALE: audit.Act.MARKED_STALE,
    Act.CLEAR_STALE: audit.Act.CLEARED_STALE,
    Act.REFRESH: audit.Act.READ_AGAIN,
}

_CHANGE: dict[Act, Callable[[VehicleQuerySet, datetime], int]] = {
    Act.MARK_STALE: lambda vehicles, now: vehicles.mark_stale(now=now),
    Act.CLEAR_STALE: lambda vehicles, now: vehicles.clear_stale(now=now),
    Act.REFRESH: lambda vehicles, now: vehicles.request_refresh(now=now),
}
