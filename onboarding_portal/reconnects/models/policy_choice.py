"""The cars the policy has chosen: one row for each time, with the version of the rules and the arm."""

from datetime import datetime

from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.reconnects.models.policy import Arm, PolicyVersion
from onboarding_portal.reconnects.models.reconnect import Reconnect
from onboarding_portal.vehicles.models import Vehicle


class PolicyChoiceQuerySet(models.QuerySet["PolicyChoice"]):
    def of_this_break(self) -> "PolicyChoiceQuerySet":
        """Inside a query for vehicles: the choices for the break the vehicle is in now."""
        return self.filter(vehicle=OuterRef("pk"), stale_since=OuterRef("stale_since"))

    def waiting(self, *, now: datetime) -> "PolicyChoiceQuerySet":
        """Those whose arm is not to be mailed yet."""
        return self.filter(reconnect=None, mail_from__gt=now)

    def end_reminders(self, *, now: datetime) -> int:
        """No more reminders for what was sent; returns for how many that is new."""
        still = Q(reconnect__isnull=False, reconnect__ended_at=None, reminders_ended_at=None)
        return self.filter(still).update(reminders_ended_at=now)


class PolicyChoice(models.Model):
    """The policy took a car in: `mail_from` is when its arm is mailed, `reconnect` what came of it.

    A car is chosen once for each e-mail, and at most once for the `asking`-th e-mail about one break, which its
    `stale_since` tells from others. Who was first decided it: two at once get the same row.
    """

    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, related_name="policy_choices", verbose_name=_("vehicle")
    )
    stale_since = models.DateTimeField(_("stale since"))
    asking = models.PositiveSmallIntegerField(_("e-mail about this break"), default=1)
    version = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="choices", verbose_name=_("version of the policy")
    )
    arm = models.CharField(_("arm"), max_length=9, choices=Arm, default=Arm.MAIN)
    chosen_at = models.DateTimeField(_("chosen"), default=timezone.now)
    mail_from = models.DateTimeField(_("to be mailed from"))
    reconnect = models.OneToOneField(
        Reconnect,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="policy_choice",
        verbose_name=_("reconnect"),
    )
    reminders_ended_at = models.DateTimeField(_("no more reminders since"), null=True, blank=True)
    # `back_at`: the car sent data again, whoever did it. `ended_at`: the break was over, for whatever reason.
    back_at = models.DateTimeField(_("back"), null=True, blank=True)
    ended_at = models.DateTimeField(_("over"), null=True, blank=True)

    objects = PolicyChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("choice of the policy")
        verbose_name_plural = _("choices of the policy")
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "stale_since", "asking"], name="policy_choice_once_for_each_asking"
            ),
            models.CheckConstraint(
                condition=Q(mail_from__gte=F("chosen_at")), name="policy_choice_mailed_after_it_is_chosen"
            ),
        ]
        indexes = [
            models.Index(fields=["version", "arm", "chosen_at"], name="policy_choice_of_arm"),
            models.Index(fields=["chosen_at"], name="policy_choice_chosen_at"),
            models.Index(
                fields=["vehicle", "stale_since"],
                name="policy_choice_not_over",
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.arm}"
