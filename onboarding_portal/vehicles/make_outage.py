"""Trouble at a manufacturer: since when, how many cars, who said so. And what is usual for it, a row a day."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make


class MakeOutageQuerySet(models.QuerySet["MakeOutage"]):
    # Factories

    def mark(self, *, make_id: str, now: datetime, **values: Any) -> "MakeOutage":
        """Returns the make's mark, made now unless it has one: two at once get the same."""
        row = MakeOutage(make_id=make_id, **{"began_at": now, "found_at": now, **values})
        self.bulk_create([row], ignore_conflicts=True)
        return self.ongoing().get(make_id=make_id)

    # Queries

    def ongoing(self) -> "MakeOutageQuerySet":
        return self.filter(lifted_at=None)

    def make_ids(self) -> set[str]:
        """The makes with trouble now. One query."""
        return set(self.ongoing().values_list("make_id", flat=True))

    # Mutators

    def lift(self, *, now: datetime, by: User | None = None) -> int:
        """Returns how many were ongoing. The cars that are still cut off are e-mailed from now on."""
        return self.ongoing().update(lifted_at=now, lifted_by=by)


class MakeOutage(models.Model):
    """While it is not lifted, no e-mail asks owners of these cars to sign in, and pages say that it is not them."""

    make = models.ForeignKey(Make, models.CASCADE, related_name="outages", verbose_name=_("make"))
    began_at = models.DateTimeField(_("since"))
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    broken_count = models.PositiveIntegerField(_("cars cut off"), default=0)
    car_count = models.PositiveIntegerField(_("of so many cars"), default=0)
    usual_share = models.FloatField(_("usual share a day"), null=True, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("set by"),
    )
    # Since when most of the cars are back. The mark stays for some hours more, for those who are slow.
    recovering_since = models.DateTimeField(_("recovering since"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )
    is_staffs = models.BooleanField(
        _("set by staff"), default=False, help_text=_("Stays until staff lift it.")
    )

    objects = MakeOutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("trouble at a manufacturer")
        verbose_name_plural = _("troubles at manufacturers")
        constraints = [
            models.UniqueConstraint(
                fields=["make"], condition=Q(lifted_at=None), name="make_outage_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.make.name


class MakeDay(models.Model):
    """How many of a make's cars broke in the 24 hours before the day's last sync: what is usual is read off here."""

    make = models.ForeignKey(Make, models.CASCADE, related_name="+")
    day = models.DateField()
    car_count = models.PositiveIntegerField()
    broken_count = models.PositiveIntegerField()
    # A day of trouble says nothing about what is usual.
    is_unusual = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["make", "day"], name="make_day_once")]

    def __str__(self) -> str:
        return f"{self.make_id} {self.day}"
