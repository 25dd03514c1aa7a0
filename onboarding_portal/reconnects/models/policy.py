"""The policy by which owners are mailed without anybody's hand: is it on, and its rules, a row for each version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.timetable import REMINDERS
from onboarding_portal.vehicles.cause_words import ADVICE, SigningIn
from onboarding_portal.vehicles.causes import Cause

WHY_LENGTH = 300
MOST_REMINDERS = 5

# What a Lead can choose: signing in helps there, or may.
CAUSES = [
    cause for cause in Cause if cause == Cause.UNKNOWN or ADVICE[cause].signing_in != SigningIn.DOES_NOT_HELP
]


class Trial(models.TextChoices):
    """What is done otherwise for one car in ten, to learn what helps."""

    NONE = "NONE", _("Nothing: all cars are treated alike")
    HELD_BACK = "HELD_BACK", _("One car in ten gets no e-mail by itself for two weeks")
    LATER = "LATER", _("One car in ten is mailed later than the others")


class Arm(models.TextChoices):
    MAIN = "MAIN", _("As the rules say")
    HELD_BACK = "HELD_BACK", _("Held back")
    LATER = "LATER", _("Mailed later")


def usual_causes() -> list[str]:
    """Those where signing in again helps for sure."""
    return [cause for cause in CAUSES if cause in ADVICE and ADVICE[cause].signing_in == SigningIn.HELPS]


def usual_reminders() -> list[int]:
    return [pause.days for pause in REMINDERS]


class ImmutableQuerySet(models.QuerySet[Any]):
    def update(self, **values: Any) -> int:
        raise TypeError("A version of the policy stays as it was written.")


class PolicyVersion(models.Model):
    """Rules as they were from one change to the next. A change is a new row; no row is ever written again."""

    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    why = models.CharField(_("why"), max_length=WHY_LENGTH)

    causes = models.JSONField(
        _("causes"), default=usual_causes, help_text=_("Only these, and only where signing in again helps.")
    )
    make_ids = models.JSONField(
        _("makes"), default=list, blank=True, help_text=_("None chosen means all makes.")
    )
    stale_for_hours = models.PositiveSmallIntegerField(
        _("hours a car has to be stale"),
        default=24,
        validators=[MaxValueValidator(24 * 90)],
        help_text=_("Some come back by themselves within a day."),
    )
    pause_days = models.PositiveSmallIntegerField(
        _("days between two e-mails about a car"),
        default=21,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Whoever sent the last one. Reminders are not counted."),
    )
    most_askings = models.PositiveSmallIntegerField(
        _("stop after so many e-mails"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("About a car that stays stale all the while, without the reminders."),
    )
    most_a_day = models.PositiveIntegerField(
        _("cars within 24 hours, at most"),
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
    )
    reminder_days = models.JSONField(
        _("reminders after so many days"),
        default=usual_reminders,
        blank=True,
        help_text=_("For example 3, 7. Empty for none."),
    )
    from_hour = models.PositiveSmallIntegerField(
        _("from"), default=9, validators=[MaxValueValidator(23)], help_text=_("The hour where the owner is.")
    )
    until_hour = models.PositiveSmallIntegerField(
        _("until"), default=19, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    trial = models.CharField(_("by chance"), max_length=9, choices=Trial, default=Trial.NONE)
    later_by_hours = models.PositiveSmallIntegerField(
        _("later by so many hours"),
        default=72,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 30)],
        help_text=_("For the car in ten that is mailed later."),
    )
    mails_ahead = models.BooleanField(
        _("tell owners by e-mail before it breaks"),
        default=False,
        help_text=_("Once for each connection that is older than most get with its make."),
    )

    objects = ImmutableQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the policy")
        verbose_name_plural = _("policy for e-mails")
        permissions = [("switch_policy", _("Can switch the policy on and off"))]

    def __str__(self) -> str:
        return str(_("Version %(number)s")) % {"number": self.pk or "-"}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A version of the policy stays as it was written.")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.until_hour is not None and self.from_hour is not None and self.until_hour <= self.from_hour:
            raise ValidationError({"until_hour": _("This must be later than the hour it begins.")})
        problem = problem_of_reminders(self.reminder_days)
        if problem:
            raise ValidationError({"reminder_days": problem})


def problem_of_reminders(days: Sequence[int]) -> str:
    """What is wrong with these days for reminders, "" if nothing is."""
    lifetime = settings.RECONNECT_LINK_LIFETIME_DAYS
    if len(days) > MOST_REMINDERS or list(days) != sorted(set(days)) or any(day < 1 for day in days):
        return str(_("Up to five whole days, each later than the one before.")) % {}
    if any(day >= lifetime for day in days):
        return str(_("The link in the e-mail works for %(days)d days. Remind before that.")) % {
            "days": lifetime
        }
    return ""


class PolicyQuerySet(models.QuerySet["Policy"]):
    def held(self, *, now: datetime) -> "Policy":
        """The policy's one row, locked until the transaction ends: whoever acts for it does so one at a time.

        Written, not only read: SQLite knows no other lock.
        """
        if not self.filter(pk=1).update(acted_at=now):
            self.bulk_create([Policy(pk=1, acted_at=now)], ignore_conflicts=True)
            self.filter(pk=1).update(acted_at=now)
        return self.select_related("version").get(pk=1)

    def current(self) -> "Policy":
        """The policy as it is; one that is off and has no rules where nobody has made any."""
        return self.select_related("version", "switched_by").filter(pk=1).first() or Policy(pk=1)

    def is_on(self) -> bool:
        return self.filter(pk=1, is_on=True, version__isnull=False).exists()


class Policy(models.Model):
    """The one row that says whether the policy acts, and by which version of its rules."""

    is_on = models.BooleanField(_("on"), default=False)
    version = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    switched_at = models.DateTimeField(null=True)
    switched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    acted_at = models.DateTimeField(default=timezone.now)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="policy_is_one_row")]

    def __str__(self) -> str:
        return str(_("On") if self.is_on else _("Off"))

    # Mutators

    def switch(self, *, is_on: bool, by: User | None, now: datetime) -> None:
        Policy.objects.filter(pk=self.pk).update(is_on=is_on, switched_at=now, switched_by=by)
        self.is_on, self.switched_at, self.switched_by = is_on, now, by
