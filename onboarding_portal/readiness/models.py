"""What is kept of each car's way to charging smartly, and how far the readings of all cars are.

Addresses are not kept: ev.energy has them. Here stands whether there is one.
"""

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from onboarding_portal.leases import LeasedQuerySet
from onboarding_portal.readiness.needs import NEED_LENGTH, STEPS, Need
from onboarding_portal.vehicles.models import Integration, Vehicle

SEES_ADDRESS = "readiness.view_address"
WORTH_DAYS = 30
# A car that was charged within so long is plugged in often enough.
PLUGGED_IN_WITHIN = timedelta(days=7)


def first_missing_case(*, steps: Collection[Need], now: datetime) -> models.Case:
    """What `needs.first_missing` says of the same facts, for an annotation; "" for nothing."""
    lately = now - PLUGGED_IN_WITHIN
    was_plugged_in = Q(vehicle__is_plugged_in=True) | Q(last_charged_at__gte=lately)
    is_long_known = Q(charging_known_since__lt=lately, vehicle__connected_at__lt=lately)
    missing = {
        Need.CONNECTION: ~Q(vehicle__integration=Integration.ACTIVE) | Q(vehicle__stale_since__isnull=False),
        Need.ADDRESS: Q(has_address=False),
        Need.TARIFF: Q(has_tariff=False),
        Need.SWITCH: Q(vehicle__is_smart_charging_on=False),
        Need.CONTROL: Q(vehicle__is_disabled=True) | Q(is_controllable=False),
        Need.AT_HOME: Q(is_at_home=False),
        Need.PLUGGED_IN: is_long_known & ~was_plugged_in,
        Need.COMMANDS: Q(commands_arrive=False),
    }
    left_out = set(STEPS) - set(steps)
    whens = [
        models.When(condition, then=models.Value(need.value))
        for need, condition in missing.items()
        if need not in left_out
    ]
    return models.Case(*whens, default=models.Value(""), output_field=models.CharField())


class ReadinessQuerySet(LeasedQuerySet["Readiness"]):
    # Factories

    def of(self, vehicle: Vehicle) -> "Readiness":
        """The car's row, made if there is none; what is known of a former owner's does not count."""
        row, _created = self.get_or_create(vehicle=vehicle, defaults={"kept_for": vehicle.owner_id})
        if row.kept_for != vehicle.owner_id:
            self.filter(pk=row.pk).begin_anew()
            row.refresh_from_db()
        return row

    def make_missing(self, *, at_most: int = 2000) -> int:
        """Makes the rows of cars that have none; returns of how many."""
        cars = Vehicle.objects.present().filter(readiness=None).order_by("pk")
        pairs = cars.values_list("pk", "owner_id")[:at_most]
        rows = [Readiness(vehicle_id=pk, kept_for=owner_id) for pk, owner_id in pairs]
        self.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    # Mutators

    def begin_anew(self) -> int:
        """Forgets what is known of cars that have another owner now; returns of how many."""
        owner = Vehicle.objects.filter(pk=OuterRef("vehicle")).values("owner_id")
        kept = {"vehicle", "kept_for"}
        fields = [field for field in Readiness._meta.concrete_fields if field.name not in kept]
        values: dict[str, Any] = {field.name: field.get_default() for field in fields}
        return self.update(kept_for=Subquery(owner[:1]), **values)

    # Queries

    def of_former_owners(self) -> "ReadinessQuerySet":
        return self.exclude(kept_for=F("vehicle__owner_id"))

    def mail_due(self, *, now: datetime) -> "ReadinessQuerySet":
        return self.filter(first_mail_due_at__lte=now).select_related("vehicle__owner", "vehicle__make")


class Readiness(models.Model):
    """One car. A fact that is None is not known; the times say when ev.energy was asked."""

    vehicle = models.OneToOneField(
        Vehicle, models.CASCADE, primary_key=True, related_name="readiness", verbose_name=_("car")
    )
    # The owner of whom all this is known: the car's next owner begins anew.
    kept_for = models.BigIntegerField(editable=False)
    blocker = models.CharField(
        _("not ready, because"), max_length=NEED_LENGTH, choices=Need, blank=True, default=""
    )
    has_address = models.BooleanField(_("has a home address"), null=True, blank=True)
    has_tariff = models.BooleanField(_("has a tariff"), null=True, blank=True)
    home_read_at = models.DateTimeField(_("home read"), null=True, blank=True)
    is_controllable = models.BooleanField(_("can be controlled"), null=True, blank=True)
    is_at_home = models.BooleanField(_("was at home"), null=True, blank=True)
    commands_arrive = models.BooleanField(_("commands arrive"), null=True, blank=True)
    looked_at = models.DateTimeField(_("staff looked"), null=True, blank=True)

    # What sub-sessions told.
    charging_known_since = models.DateTimeField(null=True, blank=True)
    last_charged_at = models.DateTimeField(_("charged last"), null=True, blank=True)
    first_smart_at = models.DateTimeField(_("first smart charge"), null=True, blank=True)
    latest_smart = models.JSONField(_("latest smart charge"), default=dict, blank=True)
    latest_smart_at = models.DateTimeField(_("latest smart charge at"), null=True, blank=True)
    # By the start of each, so that reading it twice changes nothing.
    smart_wh_by_start = models.JSONField(default=dict, blank=True)
    # Of the 30 days up to the car's latest smart charge: while it is cut off, that is what is lost.
    smart_wh = models.PositiveIntegerField(_("charged smartly in 30 days (Wh)"), default=0)

    first_mail_due_at = models.DateTimeField(null=True, blank=True)
    first_mailed_at = models.DateTimeField(_("told of the first smart charge"), null=True, blank=True)

    objects = ReadinessQuerySet.as_manager()

    class Meta:
        verbose_name = _("readiness")
        verbose_name_plural = _("readiness")
        permissions = [("view_address", _("Can see owners’ home addresses"))]
        indexes = [
            models.Index(fields=["blocker", "vehicle"], name="readiness_blocker"),
            models.Index(fields=["smart_wh", "vehicle"], name="readiness_worth"),
            models.Index(fields=["first_smart_at"], name="readiness_first_smart"),
            models.Index(
                fields=["first_mail_due_at"],
                name="readiness_mail_due",
                condition=Q(first_mail_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.vehicle_id

    def kwh_of_30_days(self, *, today: date) -> float:
        """kWh charged smartly in the 30 days up to `today`."""
        first = (today - timedelta(days=WORTH_DAYS - 1)).isoformat()
        amounts: dict[str, int] = self.smart_wh_by_start
        return sum(wh for start, wh in amounts.items() if first <= start) / 1000


class Subject(models.TextChoices):
    CHARGED = "CHARGED", _("What cars charged")
    HOMES = "HOMES", _("Homes of owners")


class ReadingQuerySet(models.QuerySet["Reading"]):
    def take(self, subject: Subject, *, lease_for: timedelta, now: datetime) -> "Reading | None":
        """The reading, leased to the caller; None if another process is at it."""
        self.get_or_create(subject=subject)
        lease_id = uuid.uuid4()
        is_free = (
            Q(lease_expires_at=None)
            | Q(lease_expires_at__lt=now)
            | Q(lease_expires_at__gt=now + 2 * lease_for)
        )
        free = self.filter(is_free, subject=subject)
        if not free.update(lease_id=lease_id, lease_expires_at=now + lease_for):
            return None
        return self.get(subject=subject)


class Reading(models.Model):
    """How far all cars, or all owners, were read: up to `read_until`, and from `cursor` on in the part after it."""

    subject = models.CharField(_("of what"), max_length=8, choices=Subject, primary_key=True)
    read_until = models.DateTimeField(_("read up to"), null=True, blank=True)
    part_until = models.DateTimeField(null=True, blank=True)
    cursor = models.CharField(max_length=200, blank=True, default="")
    page_count = models.PositiveIntegerField(_("pages"), default=0)
    progressed_at = models.DateTimeField(_("last progress"), null=True, blank=True)
    pause_reason = models.CharField(_("why it waits"), max_length=200, blank=True, default="")
    lease_id = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")

    def __str__(self) -> str:
        return self.subject

    def write(self, **values: Any) -> bool:
        """Stores them while the caller has the lease; whether it had."""
        mine = Reading.objects.filter(pk=self.pk, lease_id=self.lease_id)
        if not mine.update(**values):
            return False
        for name, value in values.items():
            if not isinstance(value, F) and not hasattr(value, "resolve_expression"):
                setattr(self, name, value)
        return True
