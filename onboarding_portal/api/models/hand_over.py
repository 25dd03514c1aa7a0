"""An owner whom one of the company's systems hands over for one journey, and who goes back to it afterwards.

To the outside it is a session, at `/api/v1/sessions`. Not to be mixed up with the browser's session, in which the
owner is signed in for this journey and no more.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.api.models.api_key import ApiKey
from onboarding_portal.catalogue.models import ID_LENGTH
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.tokens import token_hashes
from onboarding_portal.vehicles.models import Vehicle

LINK_LIFETIME = timedelta(minutes=30)
# From the click on: how long the owner is signed in for the journey.
JOURNEY_LIFETIME = timedelta(hours=2)
REFERENCE_LENGTH = 100
RETURN_URL_LENGTH = 2000
TOKEN_PURPOSE = "api.hand_over"  # noqa: S105  names what the hash is for


class Journey(models.TextChoices):
    CONNECT = "connect", _("Connect a car")
    RECONNECT = "reconnect", _("Reconnect a car")


class Outcome(models.TextChoices):
    PENDING = "pending", _("Under way")
    CONNECTED = "connected", _("Connected")
    CANCELLED = "cancelled", _("Cancelled by the owner")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Ran out")


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def with_token(self, token: str) -> "HandOverQuerySet":
        return self.filter(token_hash__in=token_hashes(token, purpose=TOKEN_PURPOSE))

    def latest_of(self, *, owner_id: int) -> "HandOver | None":
        """The owner's newest, whose `reference` is the one by which the company knows them now."""
        return self.filter(owner_id=owner_id).order_by("-created_at").first()

    def close(self, *, now: datetime) -> None:
        """Ends those that go on: their links open nothing, and browsers in which they were opened are signed out."""
        self.filter(expires_at__gt=now).update(expires_at=now)
        self.filter(ended_at=None).update(ended_at=now)

    def due(self, *, now: datetime) -> "HandOverQuerySet":
        """Those whose outcome is to be looked at again."""
        return self.filter(look_at__lte=now)


class HandOver(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.ForeignKey(
        ApiKey, models.PROTECT, related_name="hand_overs", db_index=False, verbose_name=_("API key")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="hand_overs",
        db_index=False,
        verbose_name=_("owner"),
    )
    journey = models.CharField(_("journey"), max_length=9, choices=Journey)
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, blank=True, default="")
    model_id = models.CharField(_("model id"), max_length=ID_LENGTH, blank=True, default="")
    trim_id = models.CharField(_("trim id"), max_length=ID_LENGTH, blank=True, default="")
    vehicle = models.ForeignKey(
        Vehicle, models.SET_NULL, null=True, related_name="+", verbose_name=_("vehicle")
    )
    return_url = models.CharField(_("goes back to"), max_length=RETURN_URL_LENGTH)
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    # The company's own word for it, given back in answers and events.
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, blank=True, default="")

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("link works until"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    ended_at = models.DateTimeField(_("went back"), null=True, blank=True)

    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, default=Outcome.PENDING)
    outcome_at = models.DateTimeField(_("outcome since"), default=timezone.now)
    # When the outcome is to be looked at again; None once nothing can change it.
    look_at = models.DateTimeField(null=True, blank=True, editable=False)

    # What the owner did in it. An owner may leave more than once.
    attempts = models.ManyToManyField(Attempt, related_name="hand_overs", verbose_name=_("attempts"))
    reconnects = models.ManyToManyField(Reconnect, related_name="hand_overs", verbose_name=_("reconnects"))

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="hand_over_newest_of_owner"),
            models.Index(fields=["key", "-created_at"], name="hand_over_newest_of_key"),
            models.Index(fields=["created_at"], name="hand_over_created_at"),
            models.Index(fields=["look_at"], name="hand_over_look_at", condition=Q(look_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)

    # Mutators

    def open(self, *, now: datetime) -> bool:
        """Spends the link; False if it was spent before. Two clicks at once: one of them gets True."""
        mine = HandOver.objects.filter(pk=self.pk, opened_at=None)
        values = {"opened_at": now, "look_at": now + JOURNEY_LIFETIME}
        if not mine.update(**values):
            return False
        self.opened_at, self.look_at = now, values["look_at"]
        return True

    def end(self, *, now: datetime) -> bool:
        """The owner goes back to the company's site; False if that was so before."""
        return bool(HandOver.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now))

    # Properties

    @property
    def journey_ends_at(self) -> datetime | None:
        """Until when the owner is signed in for it; None before the link is opened."""
        return self.opened_at + JOURNEY_LIFETIME if self.opened_at else None
