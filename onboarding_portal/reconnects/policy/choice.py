"""Which cars the policy mails now, and why not the others."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.daytime import in_daytime
from onboarding_portal.reconnects.models import BatchKind, Origin, PolicyChoice, PolicyVersion, Reconnect
from onboarding_portal.reconnects.staff.batch_plan import IN_VAIN, LEFT_OUT, reasons_to_leave_out
from onboarding_portal.vehicles.models import MakeOutage, Vehicle, VehicleQuerySet

CAP_WITHIN = timedelta(days=1)

# Beside those for which a batch leaves vehicles out, in the order in which they count.
NOT_NOW: dict[str, Promise] = {
    IN_VAIN: _("signing in again does not help"),
    "cause": _("another cause, or none looked up yet"),
    "make": _("another make"),
    "young": _("not stale for long enough"),
    "unwanted": _("the owner wants no reminders"),
    "outage": _("trouble at the manufacturer"),
    "mailed": _("e-mailed about this car of late"),
    "enough": _("e-mailed often enough about this break"),
    "arm": _("held back, or to be mailed later, by chance"),
    "night": _("outside the hours where the owner is"),
}
WHY_NOT: dict[str, Promise] = {**LEFT_OUT, **NOT_NOW}


def chosen(*, version: PolicyVersion, now: datetime) -> QuerySet[Any]:
    """The vehicles to mail now, those stale for longest first. The cap is not counted here."""
    old_enough = stale_for_long(version, now=now)
    return with_reason(old_enough, version=version, now=now).filter(why_not="").order_by("stale_since", "pk")


def with_reason(vehicles: VehicleQuerySet, *, version: PolicyVersion, now: datetime) -> QuerySet[Any]:
    """Adds `why_not`: a key of WHY_NOT, or "" for vehicles that the policy mails now."""
    reasons = [
        *reasons_to_leave_out(kind=BatchKind.EMAILS, now=now),
        *_own_reasons(version, now=now),
    ]
    return vehicles.annotate(why_not=Case(*reasons, default=Value(""), output_field=CharField()))


def stale_for_long(version: PolicyVersion, *, now: datetime) -> VehicleQuerySet:
    return Vehicle.objects.stale().filter(stale_since__lte=now - timedelta(hours=version.stale_for_hours))


def room_left(version: PolicyVersion, *, now: datetime) -> int:
    """How many more cars may be queued now.

    What waits to be sent counts as well: it may go out at any moment, so no 24 hours ever see more than the cap.
    """
    by_rule = Reconnect.objects.filter(origin=Origin.RULE)
    sent = by_rule.filter(emailed_at__gt=now - CAP_WITHIN).count()
    waiting = by_rule.open().filter(emailed_at=None, wants_email=True).count()
    return max(version.most_a_day - sent - waiting, 0)


def _own_reasons(version: PolicyVersion, *, now: datetime) -> list[When]:
    choices = PolicyChoice.objects.of_this_break()
    asked = choices.filter(reconnect__isnull=False)
    pause = now - timedelta(days=version.pause_days)
    mailed = Reconnect.objects.filter(vehicle=OuterRef("pk"), emailed_at__gt=pause)
    no_reminders = Q(owner__wants_reminders=False)
    too_often = asked.filter(asking__gte=version.most_askings)
    awake = in_daytime(
        "owner__time_zone", now=now, from_hour=version.from_hour, until_hour=version.until_hour
    )
    whens = [
        When(~Q(cause__in=version.causes), then=Value("cause")),
        When(Q(stale_since__gt=now - timedelta(hours=version.stale_for_hours)), then=Value("young")),
        When(no_reminders, then=Value("unwanted")),
        When(MakeOutage.objects.cars(), then=Value("outage")),
        # What could not be sent counts from when it was chosen: nobody is tried again every few minutes.
        When(Exists(mailed) | Exists(asked.filter(chosen_at__gt=pause)), then=Value("mailed")),
        When(Exists(too_often), then=Value("enough")),
        When(Exists(choices.waiting(now=now)), then=Value("arm")),
        When(~awake, then=Value("night")),
    ]
    if version.make_ids:
        of_others = ~Q(make__in=version.make_ids) | Q(make=None)
        whens.insert(1, When(of_others, then=Value("make")))
    return whens
