"""What a batch would do, before anybody has agreed to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.budget import seconds_until_done
from onboarding_portal.reconnects.models import BatchKind, Reconnect, UnstableVehicle
from onboarding_portal.timing import EMAIL_COOLDOWN
from onboarding_portal.vehicles.advice import where_reconnecting_does_not_help
from onboarding_portal.vehicles.models import Integration, Vehicle, VehicleQuerySet

LEFT_OUT: dict[str, Promise] = {
    "removed": _("removed"),
    "disabled": _("switched off at ev.energy"),
    "unintegrated": _("not integrated"),
    "open": _("reconnect already open"),
    "no_email": _("no e-mail address"),
    "unstable": _("repairs do not hold: needs staff"),
    "cooldown": _("e-mailed in the last 24 hours"),
    "connected": _("connected: nothing to repair"),
}


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """What a batch would do. `left_out` maps a key of LEFT_OUT to its number of vehicles, zeros left away.

    For `in_vain` of the eligible vehicles the cause is known, and signing in again does not mend it.
    """

    kind: BatchKind
    eligible: int
    in_vain: int
    left_out: dict[str, int]
    estimated_seconds: float

    @property
    def reasons(self) -> list[tuple[Promise, int]]:
        return [(LEFT_OUT[key], count) for key, count in self.left_out.items()]


def plan_batch(*, vehicles: VehicleQuerySet, kind: BatchKind, now: datetime) -> BatchPlan:
    """Returns how many of `vehicles` a batch would take and why it would leave out the others.

    The time is what the request budget allows; e-mails need no request and so no time from it.
    """
    in_vain = Count("pk", filter=where_reconnecting_does_not_help())
    counted = {
        reason: (count, count_in_vain)
        for reason, count, count_in_vain in with_reason(vehicles, kind=kind, now=now)
        .order_by()
        .values_list("left_out_because")
        .annotate(total=Count("pk"), in_vain=in_vain)
    }
    eligible, eligible_in_vain = counted.pop("", (0, 0))
    return BatchPlan(
        kind=kind,
        eligible=eligible,
        in_vain=eligible_in_vain,
        left_out={key: counted[key][0] for key in LEFT_OUT if key in counted},
        estimated_seconds=_estimated_seconds(eligible, kind=kind, now=now),
    )


def with_reason(vehicles: VehicleQuerySet, *, kind: BatchKind, now: datetime) -> QuerySet[Any]:
    """Adds `left_out_because`, a key of LEFT_OUT, or "" for vehicles a batch of this kind would take."""
    reconnects = Reconnect.objects.filter(vehicle=OuterRef("pk"))
    whens = [
        When(removed_at__isnull=False, then=Value("removed")),
        When(is_disabled=True, then=Value("disabled")),
        When(integration=Integration.UNINTEGRATED, then=Value("unintegrated")),
        When(~Exists(Vehicle.objects.needing_repair().filter(pk=OuterRef("pk"))), then=Value("connected")),
        When(Exists(reconnects.open()), then=Value("open")),
    ]
    if kind == BatchKind.EMAILS:
        flagged = UnstableVehicle.objects.flagged().filter(vehicle=OuterRef("pk"))
        whens += [
            When(Q(owner__email="") | Q(owner__is_active=False), then=Value("no_email")),
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
    return vehicles.annotate(left_out_because=Case(*whens, default=Value(""), output_field=CharField()))


def _estimated_seconds(count: int, *, kind: BatchKind, now: datetime) -> float:
    return 0.0 if kind == BatchKind.EMAILS else seconds_until_done(requests=count, now=now)
