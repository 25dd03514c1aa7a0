"""Trouble at a manufacturer, or at a middleman by whose service several makes are read: since when, how many cars,
who said so. And what is usual for each, a row a day.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal import news
from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.vehicles.announcing import of_outages

CONTROLLER_LENGTH = 40


class MakeOutageQuerySet(models.QuerySet["MakeOutage"]):
    # Factories

    def mark(
        self, *, now: datetime, make_id: str | None = None, controller: str = "", **values: Any
    ) -> "MakeOutage":
        """Returns the mark of the make or of the middleman, made now unless it has one: two at once get the same."""
        whose = {"make_id": make_id, "controller": controller}
        row = MakeOutage(**whose, **{"began_at": now, "found_at": now, **values})
        with transaction.atomic():
            self.bulk_create([row], ignore_conflicts=True)
            marked = self.ongoing().get(**whose)
            if marked.found_at == row.found_at:
                news.tell(lambda: of_outages("make.outage.started", [marked], now=now))
        return marked

    # Queries

    def ongoing(self) -> "MakeOutageQuerySet":
        return self.filter(lifted_at=None)

    def cars(self, path: str = "") -> Q:
        """The cars with trouble now, for queries; `path` is the look-up that leads to the vehicle."""
        makes = self.ongoing().exclude(make=None).values("make")
        controllers = self.ongoing().exclude(controller="").values("controller")
        return Q(**{f"{path}make__in": makes}) | Q(**{f"{path}controller__in": controllers})

    def of(self, *, make_id: str | OuterRef | None, controller: str | OuterRef) -> "MakeOutageQuerySet":
        """The marks that a car of this make, read by this middleman, stands under now."""
        by_controller = Q(make=None, controller=controller) & ~Q(controller="")
        return self.ongoing().filter(Q(make=make_id, make__isnull=False) | by_controller)

    # Mutators

    def lift(self, *, now: datetime, by: User | None = None) -> int:
        """Returns how many were ongoing. The cars that are still cut off are e-mailed from now on."""
        with transaction.atomic():
            over = list(self.ongoing().order_by("pk").select_for_update(of=("self",)))
            count = self.filter(pk__in=[outage.pk for outage in over]).update(lifted_at=now, lifted_by=by)
            if over:
                news.tell(lambda: of_outages("make.outage.ended", over, now=now))
        return count


class MakeOutage(models.Model):
    """While it is not lifted, no e-mail asks owners of these cars to sign in, and pages say that it is not them."""

    make = models.ForeignKey(
        Make, models.CASCADE, null=True, blank=True, related_name="outages", verbose_name=_("make")
    )
    # ev.energy's name for the middleman, or for its own way to a manufacturer.
    controller = models.CharField(_("read by"), max_length=CONTROLLER_LENGTH, blank=True, default="")
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
            ),
            models.UniqueConstraint(
                fields=["controller"],
                condition=Q(lifted_at=None) & ~Q(controller=""),
                name="make_outage_one_of_controller",
            ),
            models.CheckConstraint(
                condition=Q(make__isnull=False, controller="") | (Q(make=None) & ~Q(controller="")),
                name="make_outage_of_make_or_controller",
            ),
        ]

    def __str__(self) -> str:
        return self.make.name if self.make else self.controller

    @property
    def whose(self) -> str:
        """The make's id or the middleman's name."""
        return self.make_id or self.controller


class UsualDay(models.Model):
    """How many cars of a make, or of a middleman, broke in the 24 hours before the day's last sync."""

    whose = models.CharField(max_length=CONTROLLER_LENGTH)  # the make's id or the middleman's name
    day = models.DateField()
    car_count = models.PositiveIntegerField()
    broken_count = models.PositiveIntegerField()
    # A day of trouble says nothing about what is usual.
    is_unusual = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["whose", "day"], name="usual_day_once")]

    def __str__(self) -> str:
        return f"{self.whose} {self.day}"
