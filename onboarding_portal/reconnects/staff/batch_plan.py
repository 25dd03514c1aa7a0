"""What a batch would do, before anybody has agreed to it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import MailPause
from onboarding_portal.ev_energy.budget import seconds_until_done
from onboarding_portal.reconnects.models import BatchKind, Reconnect, ReconnectQuerySet, UnstableVehicle
from onboarding_portal.reconnects.timetable import EMAIL_COOLDOWN
from onboarding_portal.vehicles.advice import where_signing_in_does_not_help
from onboarding_portal.vehicles.cause_words import ADVICE, Text
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import ByHand, Integration, MakeOutage, Vehicle, VehicleQuerySet

LEFT_OUT: dict[str, Promise] = {
    "removed": _("removed"),
    "let_go": _("let go by its owner"),
    "disabled": _("switched off at ev.energy"),
    "unintegrated": _("not integrated"),
    "open": _("reconnect already open"),
    "by_hand": _("handled by hand by a colleague"),
    "no_email": _("no e-mail address"),
    "paused": _("all mail to the owner is paused"),
    "unstable": _("repairs do not hold: needs staff"),
    "cooldown": _("e-mailed in the last 24 hours"),
    "connected": _("connected: nothing to repair"),
}


IN_VAIN = "in_vain"  # signing in does not help: left out of e-mails too, unless staff take its cause in


@dataclass(frozen=True, slots=True, kw_only=True)
class InVain:
    """So many vehicles have a cause that signing in again does not mend."""

    cause: Cause
    count: int

    @property
    def staff_words(self) -> Text:
        return ADVICE[self.cause].staff


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """What a batch would do. `left_out` maps a key of LEFT_OUT to its number of vehicles, zeros left away.

    The vehicles `in_vain` could be taken, but signing in does not help them. Links are made for them all the same,
    as their owners are at the counter: there they are among the `eligible`. E-mails go out only on request.
    The e-mails for `held` of the `eligible` wait, because their manufacturer has trouble now.
    """

    kind: BatchKind
    eligible: int
    held: int
    in_vain: list[InVain]
    left_out: dict[str, int]
    estimated_seconds: float

    @property
    def could_be_taken(self) -> bool:
        return bool(self.eligible or self.in_vain)

    @property
    def in_vain_count(self) -> int:
        return sum(in_vain.count for in_vain in self.in_vain)

    def size(self, *, including: Collection[str]) -> int:
        """How many vehicles the batch takes if those with these causes are taken in."""
        if self.kind == BatchKind.LINKS:
            return self.eligible
        return self.eligible + sum(one.count for one in self.in_vain if one.cause in including)

    @property
    def reasons(self) -> list[tuple[Promise, int]]:
        return [(LEFT_OUT[key], count) for key, count in self.left_out.items()]


def plan_batch(
    *,
    vehicles: VehicleQuerySet,
    kind: BatchKind,
    now: datetime,
    replacing: ReconnectQuerySet | None = None,
) -> BatchPlan:
    """Returns how many of `vehicles` a batch would take and why it would leave out the others.

    The time is what the request budget allows; e-mails need no request and so no time from it. Reconnects that the
    batch is `replacing` are in nobody's way.
    """
    rows = with_reason(vehicles, kind=kind, now=now, replacing=replacing).order_by()
    in_outage = Count("pk", filter=MakeOutage.objects.cars())
    totals = rows.values_list("left_out_because").annotate(total=Count("pk"), held=in_outage)
    counted = Counter({reason: total for reason, total, _held in totals})
    held = next((held for reason, _total, held in totals if reason == ""), 0)
    in_vain = [
        InVain(cause=Cause(cause), count=count)
        for cause, count in rows.filter(left_out_because=IN_VAIN)
        .values_list("cause")
        .annotate(total=Count("pk"))
        .order_by("-total", "cause")
    ]
    eligible = counted[""] + (counted[IN_VAIN] if kind == BatchKind.LINKS else 0)
    return BatchPlan(
        kind=kind,
        eligible=eligible,
        held=held,
        in_vain=in_vain,
        left_out={key: counted[key] for key in LEFT_OUT if key in counted},
        estimated_seconds=_estimated_seconds(eligible, kind=kind, now=now),
    )


def taken(
    vehicles: VehicleQuerySet,
    *,
    kind: BatchKind,
    including: Collection[str],
    now: datetime,
    replacing: ReconnectQuerySet | None = None,
) -> QuerySet[Any]:
    """The vehicles a batch takes; of those where signing in is in vain, e-mails go to the causes `including`."""
    in_vain = Q(left_out_because=IN_VAIN)
    if kind == BatchKind.EMAILS:
        in_vain &= Q(cause__in=including)
    rows = with_reason(vehicles, kind=kind, now=now, replacing=replacing)
    return rows.filter(Q(left_out_because="") | in_vain)


def with_reason(
    vehicles: VehicleQuerySet,
    *,
    kind: BatchKind,
    now: datetime,
    replacing: ReconnectQuerySet | None = None,
) -> QuerySet[Any]:
    """Adds `left_out_because`: a key of LEFT_OUT, IN_VAIN, or "" for vehicles a batch of this kind would take."""
    reasons = reasons_to_leave_out(kind=kind, now=now, replacing=replacing)
    return vehicles.annotate(left_out_because=Case(*reasons, default=Value(""), output_field=CharField()))


def reasons_to_leave_out(
    *, kind: BatchKind, now: datetime, replacing: ReconnectQuerySet | None = None
) -> list[When]:
    """In the order in which they count; for others who choose among vehicles and have reasons of their own."""
    reconnects = Reconnect.objects.filter(vehicle=OuterRef("pk"))
    in_the_way = reconnects.open()
    if replacing is not None:
        in_the_way = in_the_way.exclude(pk__in=replacing.values("pk"))
    whens = [
        When(removed_at__isnull=False, then=Value("removed")),
        When(~Q(leaving=""), then=Value("let_go")),
        When(is_disabled=True, then=Value("disabled")),
        When(integration=Integration.UNINTEGRATED, then=Value("unintegrated")),
        When(~Exists(Vehicle.objects.needing_repair().filter(pk=OuterRef("pk"))), then=Value("connected")),
        When(Exists(in_the_way), then=Value("open")),
    ]
    if kind == BatchKind.EMAILS:
        flagged = UnstableVehicle.objects.flagged().filter(vehicle=OuterRef("pk"))
        whens += [
            When(Exists(ByHand.objects.of_vehicle()), then=Value("by_hand")),
            When(Q(owner__email="") | Q(owner__is_active=False), then=Value("no_email")),
            When(Exists(MailPause.objects.in_force().filter(owner=OuterRef("owner"))), then=Value("paused")),
            When(Exists(flagged), then=Value("unstable")),
            When(
                Exists(
                    reconnects.filter(
                        emailed_at__gt=now - EMAIL_COOLDOWN, emailed_to=OuterRef("owner__email")
                    )
                ),
                then=Value("cooldown"),
            ),
        ]
    return [*whens, When(where_signing_in_does_not_help(), then=Value(IN_VAIN))]


def _estimated_seconds(count: int, *, kind: BatchKind, now: datetime) -> float:
    return 0.0 if kind == BatchKind.EMAILS else seconds_until_done(requests=count, now=now)
