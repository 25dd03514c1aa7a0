"""How long connections live: a row for each make, worked out anew by the clock. And who was told ahead by e-mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.models.policy import PolicyVersion
from onboarding_portal.vehicles.models import Vehicle


@dataclass(frozen=True, slots=True)
class Point:
    """After so many `days`: of `at_risk` connections that were this old `ended` broke; the share that lives on.

    `low` and `high` are the bounds of the share's 95 % interval.
    """

    days: int
    at_risk: int
    ended: int
    share: float
    low: float
    high: float


class MakeSurvival(models.Model):
    """The survival curve of a make's connections, as it was last worked out."""

    make = models.OneToOneField(
        Make, models.CASCADE, primary_key=True, related_name="survival", verbose_name=_("make")
    )
    counted_at = models.DateTimeField(_("worked out"), default=timezone.now)
    life_count = models.PositiveIntegerField(_("connections"))
    ended_count = models.PositiveIntegerField(_("of them broken"))
    points = models.JSONField(default=list)  # the fields of `Point`, in their order
    # The age at which most have ended. None where too few have been seen to say so.
    told_from_days = models.PositiveIntegerField(_("most have ended after so many days"), null=True)

    class Meta:
        verbose_name = _("lifetime of connections")
        verbose_name_plural = _("lifetimes of connections")

    def __str__(self) -> str:
        return self.make.name

    @property
    def curve(self) -> list[Point]:
        return [Point(*point) for point in self.points]


class AheadMailQuerySet(models.QuerySet["AheadMail"]):
    def due(self, *, now: datetime) -> "AheadMailQuerySet":
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now), next_at__lte=now)

    def cancel(self, *, now: datetime) -> int:
        """What was not sent is not sent any more; returns how many."""
        return self.filter(sent_at=None, cancelled_at=None).update(
            cancelled_at=now, next_at=None, lease_until=None
        )


class AheadMail(models.Model):
    """An owner is told once by e-mail that a connection, made at `connected_since`, is older than most get."""

    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, related_name="ahead_mails", verbose_name=_("vehicle")
    )
    connected_since = models.DateTimeField(_("connected since"))
    version = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="+", verbose_name=_("version of the policy")
    )
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)
    next_at = models.DateTimeField(_("next work"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    objects = AheadMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail before it breaks")
        verbose_name_plural = _("e-mails before it breaks")
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "connected_since"], name="ahead_mail_once_for_each_connection"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="ahead_mail_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["chosen_at"], name="ahead_mail_chosen_at"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.chosen_at:%Y-%m-%d}"

    @property
    def age(self) -> timedelta:
        return self.chosen_at - self.connected_since
