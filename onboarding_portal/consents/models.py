"""The owner's yes: what they were told before they left for ev.energy, and when they went on."""

import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH, Make
from onboarding_portal.consents.text import VERSION
from onboarding_portal.vehicles.models import Vehicle


class ConsentQuerySet(models.QuerySet["Consent"]):
    # Factories

    def say(
        self,
        *,
        owner_id: int,
        make_id: str,
        now: datetime,
        text_version: str = VERSION,
        vehicle_id: str | None = None,
        attempt_id: uuid.UUID | None = None,
    ) -> "Consent":
        """Notes that the owner has read the text, in this language, and goes on; "" if none was shown."""
        return self.create(
            owner_id=owner_id,
            make_id=make_id,
            vehicle_id=vehicle_id,
            attempt_id=attempt_id,
            text_version=text_version,
            language=get_language() or settings.LANGUAGE_CODE,
            said_at=now,
        )

    # Queries

    def of(self, owner_id: int) -> "ConsentQuerySet":
        """The owner's, the newest first, each with `make_name`; None where the catalogue has no such make."""
        named = self.filter(owner=owner_id).annotate(make_name=Make.objects.name_of("make_id"))
        return named.order_by("-said_at", "-pk")

    def no_longer_needed(self, *, before: datetime) -> "ConsentQuerySet":
        """Older ones that were given again since, or whose owners have no car here any more."""
        again = Consent.objects.filter(
            owner=OuterRef("owner"), make_id=OuterRef("make_id"), said_at__gt=OuterRef("said_at")
        )
        cars = Vehicle.objects.present().filter(owner=OuterRef("owner"))
        return self.filter(Exists(again) | ~Exists(cars), said_at__lt=before)


class Consent(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,  # the index below begins with it
        related_name="consents",
        verbose_name=_("owner"),
    )
    # Where it was said: for a car that is here already, or on the way to connect one.
    vehicle = models.ForeignKey(
        Vehicle, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("vehicle")
    )
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True, editable=False)
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, blank=True, default="")
    text_version = models.CharField(_("version of the text"), max_length=20, blank=True, default="")
    language = models.CharField(_("language"), max_length=10)
    said_at = models.DateTimeField(_("agreed"))

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [
            models.Index(fields=["owner", "-said_at"], name="consent_newest_of_owner"),
            models.Index(fields=["said_at"], name="consent_said_at"),
        ]

    def __str__(self) -> str:
        return self.text_version

    @property
    def text_day(self) -> date | None:
        """The day its text is of; None where none was shown."""
        return date.fromisoformat(self.text_version) if self.text_version else None
