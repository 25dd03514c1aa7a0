"""What is connected: one row for each vehicle at ev.energy that belongs to an owner of ours."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH, Make, Model, Trim


class Integration(models.TextChoices):
    """ev.energy's `integrated`."""

    ACTIVE = "ACTIVE", _("Connected")
    INACTIVE = "INACTIVE", _("Disconnected")
    UNINTEGRATED = "UNINTEGRATED", _("Not integrated")


class StaleReason(models.TextChoices):
    CONNECTION_LOST = "CONNECTION_LOST", _("Connection lost")
    SILENT = "SILENT", _("Silent")
    MARKED_BY_STAFF = "MARKED_BY_STAFF", _("Marked by staff")


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    # Queries

    def present(self) -> "VehicleQuerySet":
        return self.filter(removed_at=None)

    def stale(self) -> "VehicleQuerySet":
        return self.present().exclude(stale_since=None)

    def of(self, owner_id: int) -> "VehicleQuerySet":
        """The owner's own vehicles with what their names need, the ones that need attention first."""
        return (
            self.present()
            .filter(owner_id=owner_id)
            .select_related("make", "model", "trim")
            .order_by(F("stale_since").desc(nulls_last=True), "vehicle_id")
        )


class Vehicle(models.Model):
    vehicle_id = models.CharField(_("vehicle id"), max_length=ID_LENGTH, primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="vehicles", verbose_name=_("owner")
    )
    make = models.ForeignKey(Make, models.SET_NULL, null=True, blank=True, verbose_name=_("make"))
    model = models.ForeignKey(Model, models.SET_NULL, null=True, blank=True, verbose_name=_("model"))
    trim = models.ForeignKey(Trim, models.SET_NULL, null=True, blank=True, verbose_name=_("trim"))
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    integration = models.CharField(_("integration"), max_length=12, choices=Integration)
    is_disabled = models.BooleanField(_("disabled at ev.energy"), default=False)

    # The latest status ev.energy has of the car. `last_status_at` is when the car itself said it.
    last_status_at = models.DateTimeField(_("last data"), null=True, blank=True)
    state_of_charge_percentage = models.PositiveSmallIntegerField(
        _("state of charge (%)"), null=True, blank=True
    )
    is_plugged_in = models.BooleanField(_("plugged in"), null=True, blank=True)
    is_charging = models.BooleanField(_("charging"), null=True, blank=True)

    stale_since = models.DateTimeField(_("stale since"), null=True, blank=True)
    stale_reason = models.CharField(
        _("stale because"), max_length=15, choices=StaleReason, blank=True, default=""
    )

    connected_at = models.DateTimeField(_("first seen"), default=timezone.now)
    read_at = models.DateTimeField(_("read from ev.energy"), default=timezone.now)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        constraints = [
            models.CheckConstraint(
                condition=Q(stale_since=None, stale_reason="")
                | (Q(stale_since__isnull=False) & ~Q(stale_reason="")),
                name="vehicle_stale_since_and_reason_go_together",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # Properties

    @property
    def name(self) -> str:
        """The name owners know the car by: make and model, else what ev.energy calls it."""
        words = [str(part) for part in (self.make, self.model) if part]
        return " ".join(words) or self.description or str(_("Your car"))

    @property
    def is_stale(self) -> bool:
        return self.stale_since is not None

    @property
    def is_working(self) -> bool:
        return (
            self.integration == Integration.ACTIVE and not self.is_stale and self.last_status_at is not None
        )

    def has_data_since(self, moment: datetime) -> bool:
        """Whether the car has sent data after `moment`: the proof that a connection works."""
        return self.last_status_at is not None and self.last_status_at > moment
