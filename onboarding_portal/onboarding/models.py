"""The first journey: one attempt for each time an owner leaves for ev.energy to connect a car."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH

# How long after its start an attempt may be returned to. The manufacturers' pages take minutes, not days.
ATTEMPT_LIFETIME = timedelta(hours=24)


class AttemptState(models.TextChoices):
    STARTED = "STARTED", _("Started")
    RETURNED = "RETURNED", _("Returned")
    CONNECTED = "CONNECTED", _("Connected")
    CANCELLED = "CANCELLED", _("Cancelled")
    REFUSED = "REFUSED", _("Refused")
    ABANDONED = "ABANDONED", _("Abandoned")


class AttemptQuerySet(models.QuerySet["Attempt"]):
    # Factories

    def start(self, *, owner_id: int, make_id: str, model_id: str, trim_id: str, now: datetime) -> "Attempt":
        return self.create(
            owner_id=owner_id, make_id=make_id, model_id=model_id, trim_id=trim_id, started_at=now
        )

    # Queries

    def unreturned_since(self, moment: datetime) -> "AttemptQuerySet":
        return self.filter(state=AttemptState.STARTED, started_at__lt=moment)


class Attempt(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="attempts", verbose_name=_("owner")
    )
    state = models.CharField(_("state"), max_length=9, choices=AttemptState, default=AttemptState.STARTED)
    # What was picked, as sent to ev.energy; empty where the next step was left to ev.energy or not needed.
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, blank=True, default="")
    model_id = models.CharField(_("model id"), max_length=ID_LENGTH, blank=True, default="")
    trim_id = models.CharField(_("trim id"), max_length=ID_LENGTH, blank=True, default="")
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["state", "started_at"], name="attempt_state_started_at")]

    def __str__(self) -> str:
        return str(self.id)


class ClaimState(models.TextChoices):
    PENDING = "PENDING", _("Not read back yet")
    STORED = "STORED", _("Connected")
    FOREIGN = "FOREIGN", _("Belongs to somebody else")
    UNKNOWN = "UNKNOWN", _("Not known to ev.energy")


class Claim(models.Model):
    """A vehicle a browser said was connected. It is believed once ev.energy says so, too."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="claims", verbose_name=_("attempt"))
    vehicle_id = models.CharField(_("vehicle id"), max_length=ID_LENGTH)
    state = models.CharField(_("state"), max_length=7, choices=ClaimState, default=ClaimState.PENDING)
    created_at = models.DateTimeField(_("returned"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)

    class Meta:
        verbose_name = _("claimed vehicle")
        verbose_name_plural = _("claimed vehicles")
        constraints = [
            models.UniqueConstraint(fields=["attempt", "vehicle_id"], name="claim_once_for_each_attempt")
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="claim_state_next_try_at")]

    def __str__(self) -> str:
        return self.vehicle_id
