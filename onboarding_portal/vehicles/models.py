"""What is connected: one row for each vehicle at ev.energy that belongs to an owner of ours."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH, Make, Model, Trim, car_name
from onboarding_portal.vehicles.by_hand import ByHand
from onboarding_portal.vehicles.car_to_erase import CarToErase
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.followed import FollowedModel, FollowedQuerySet
from onboarding_portal.vehicles.leaving import NOT_LEAVING, Leaving, LeavingModel
from onboarding_portal.vehicles.make_outage import CONTROLLER_LENGTH, MakeOutage
from onboarding_portal.vehicles.notes import Note
from onboarding_portal.vehicles.stale_episode import EndedBy, StaleEpisode
from onboarding_portal.vehicles.sync_run import SyncRun, SyncState
from onboarding_portal.vehicles.vehicle_words import INTEGRATION_LENGTH, Integration, StaleReason

__all__ = [
    "INTEGRATION_LENGTH",
    "ByHand",
    "CarToErase",
    "Cause",
    "EndedBy",
    "Integration",
    "Leaving",
    "MakeOutage",
    "Note",
    "StaleEpisode",
    "StaleReason",
    "SyncRun",
    "SyncState",
    "Vehicle",
]

CAUSE_DETAIL_LENGTH = 500
NICKNAME_LENGTH = 40

# What a row says when nothing is wrong, or nothing is known yet, for `update(**NOT_STALE)`.
NO_CAUSE: dict[str, object] = {"cause": "", "cause_detail": "", "cause_read_at": None, "cause_due_at": None}
NOT_STALE: dict[str, object] = {"stale_since": None, "stale_reason": "", **NO_CAUSE}


# For counts of vehicles that are present. Agrees with the filters of staff's list.
CONNECTED = Q(integration=Integration.ACTIVE, is_disabled=False, stale_since=None)
STALE = Q(stale_since__isnull=False)


class VehicleQuerySet(FollowedQuerySet["Vehicle"]):
    # Mutators

    def mark_stale(self, *, now: datetime) -> int:
        """Staff's mark, which holds until staff clear it. Returns how many vehicles got it.

        A vehicle that is stale already keeps the time since when. Vehicles that are not connectable are left out.
        """
        since = Coalesce(F("stale_since"), models.Value(now))
        values = {"stale_since": since, "stale_reason": StaleReason.MARKED_BY_STAFF, "cause_due_at": now}
        return self.markable().change_stale(values, now=now)

    def clear_stale(self, *, now: datetime, ended_by: str = EndedBy.CLEARED) -> int:
        """Returns how many were stale. The rules mark a vehicle again at the next sync if they still hold."""
        return self.exclude(stale_since=None).change_stale(NOT_STALE, now=now, ended_by=ended_by)

    def request_refresh(self, *, now: datetime) -> int:
        """Has the vehicles read from ev.energy in the background; returns how many."""
        return self.present().update(refresh_due_at=now)

    # Queries

    def present(self) -> "VehicleQuerySet":
        return self.filter(removed_at=None)

    def stale(self) -> "VehicleQuerySet":
        return self.present().exclude(stale_since=None)

    def connectable(self) -> "VehicleQuerySet":
        """Those whose silence means something: not removed, not switched off, not let go, and integrated at all."""
        present = self.present().filter(is_disabled=False, leaving="")
        return present.exclude(integration=Integration.UNINTEGRATED)

    def needing_repair(self) -> "VehicleQuerySet":
        """Those that signing in again can mend: cut off or stale."""
        return self.connectable().filter(Q(integration=Integration.INACTIVE) | Q(stale_since__isnull=False))

    def markable(self) -> "VehicleQuerySet":
        """Those that staff can mark as stale, and have not."""
        return self.connectable().exclude(stale_reason=StaleReason.MARKED_BY_STAFF)

    def handled_by_hand(self) -> "VehicleQuerySet":
        return self.filter(Exists(ByHand.objects.of_vehicle()))

    def handled_by(self, rows: "models.QuerySet[ByHand]") -> "VehicleQuerySet":
        """The cars that are handled by these rows, which may be many cars of few owners."""
        of_car = Vehicle.objects.filter(by_hand__in=rows, owner=F("by_hand__owner"))
        of_owner = Vehicle.objects.filter(owner__in=rows.filter(vehicle=None).values("owner"))
        return self.filter(Q(pk__in=of_car.values("pk")) | Q(pk__in=of_owner.values("pk")))

    def not_handled_by_hand(self) -> "VehicleQuerySet":
        return self.filter(~Exists(ByHand.objects.of_vehicle()))

    def with_live_connection(self) -> "VehicleQuerySet":
        """Those whose connection lives, with `connected_since`: first seen with this owner, or last repaired.

        The counterpart of `StaleEpisode.objects.lives_that_ended`: how long they will have lived is not known yet.
        """
        return self.connectable().filter(integration=Integration.ACTIVE)._with_connected_since()

    def removed_while_connected(self) -> "VehicleQuerySet":
        """Those whose connection lived until they were removed, with `connected_since`: how it ends nobody saw."""
        gone = self.filter(removed_at__isnull=False, integration=Integration.ACTIVE)
        return gone._with_connected_since().filter(removed_at__gt=F("connected_since"))

    def _with_connected_since(self) -> "VehicleQuerySet":
        repairs = StaleEpisode.objects.repaired().filter(vehicle=OuterRef("pk")).order_by("-ended_at")
        repaired_at = Coalesce(Subquery(repairs.values("ended_at")[:1]), F("connected_at"))
        return self.annotate(connected_since=Greatest("connected_at", repaired_at))

    def of(self, owner_id: int) -> "VehicleQuerySet":
        """The owner's own vehicles with what their cards need."""
        outage = MakeOutage.objects.of(make_id=OuterRef("make"), controller=OuterRef("controller"))
        return (
            self.present()
            .filter(owner_id=owner_id)
            .annotate(has_outage=Exists(outage))
            .select_related("make", "model", "trim")
        )


class Vehicle(LeavingModel, FollowedModel):
    vehicle_id = models.CharField(_("vehicle id"), max_length=ID_LENGTH, primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="vehicles", verbose_name=_("owner")
    )
    # Nobody looks vehicles up by model or trim, and catalogue rows are never deleted: no index for them.
    make = models.ForeignKey(
        Make, models.SET_NULL, null=True, blank=True, db_index=False, verbose_name=_("make")
    )
    model = models.ForeignKey(
        Model, models.SET_NULL, null=True, blank=True, db_index=False, verbose_name=_("model")
    )
    trim = models.ForeignKey(
        Trim, models.SET_NULL, null=True, blank=True, db_index=False, verbose_name=_("trim")
    )
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    nickname = models.CharField(_("owner's name for it"), max_length=NICKNAME_LENGTH, blank=True, default="")
    integration = models.CharField(_("integration"), max_length=INTEGRATION_LENGTH, choices=Integration)
    is_disabled = models.BooleanField(_("switched off at ev.energy"), default=False)
    # ev.energy's `smart_charging_enabled`; None where it does not say.
    is_smart_charging_on = models.BooleanField(_("smart charging"), null=True, blank=True)

    # The latest status ev.energy has of the car. `last_status_at` is when the car itself said it.
    last_status_at = models.DateTimeField(_("last data"), null=True, blank=True)
    state_of_charge_percentage = models.PositiveSmallIntegerField(
        _("state of charge (%)"), null=True, blank=True
    )
    is_plugged_in = models.BooleanField(_("plugged in"), null=True, blank=True)
    is_charging = models.BooleanField(_("charging"), null=True, blank=True)

    # `stale_since` is when the portal found out, not when the car fell silent: newer data is proof of life.
    stale_since = models.DateTimeField(_("stale since"), null=True, blank=True)
    stale_reason = models.CharField(
        _("stale because"), max_length=15, choices=StaleReason, blank=True, default=""
    )
    cause = models.CharField(_("cause"), max_length=25, choices=Cause, blank=True, default="")
    cause_detail = models.CharField(
        _("cause in detail"), max_length=CAUSE_DETAIL_LENGTH, blank=True, default=""
    )
    cause_read_at = models.DateTimeField(_("cause looked up"), null=True, blank=True)
    # Whose service the car was last read by, as its error logs say; "" until it has had one.
    controller = models.CharField(_("read by"), max_length=CONTROLLER_LENGTH, blank=True, default="")
    controller_known_at = models.DateTimeField(_("known since"), null=True, blank=True)
    cause_due_at = models.DateTimeField(_("cause to be looked up"), null=True, blank=True)

    staff_notes = models.TextField(_("staff notes"), blank=True, default="")

    connected_at = models.DateTimeField(_("first seen"), default=timezone.now)
    read_at = models.DateTimeField(_("read from ev.energy"), default=timezone.now)
    refresh_due_at = models.DateTimeField(_("to be read again"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    # Staff handed the car over, and ev.energy cannot: its user there is still this one, who is not the owner here.
    handed_over_under = models.CharField(max_length=30, blank=True, default="", db_default="", editable=False)

    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        permissions = [
            ("view_diagnostics", _("Can read the logs of vehicles")),
            ("hand_over_vehicle", _("Can hand a car over to another owner")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stale_since=None, stale_reason="")
                | (Q(stale_since__isnull=False) & ~Q(stale_reason="")),
                name="vehicle_stale_since_and_reason_go_together",
            ),
        ]
        # Staff's list is ordered by id, newest first. Each index ends in it, so that the first page of every
        # filter is read in order and stops after a page, however many vehicles there are.
        indexes = [
            models.Index(fields=["integration", "vehicle_id"], name="vehicle_integration"),
            models.Index(fields=["stale_reason", "vehicle_id"], name="vehicle_stale_reason"),
            models.Index(fields=["cause", "vehicle_id"], name="vehicle_cause"),
            models.Index(fields=["make", "vehicle_id"], name="vehicle_make"),
            models.Index(fields=["last_status_at", "vehicle_id"], name="vehicle_last_status"),
            models.Index(fields=["vehicle_id"], name="vehicle_stale", condition=Q(stale_since__isnull=False)),
            models.Index(
                fields=["vehicle_id"], name="vehicle_removed", condition=Q(removed_at__isnull=False)
            ),
            models.Index(fields=["controller", "vehicle_id"], name="vehicle_controller"),
            models.Index(fields=["is_disabled", "vehicle_id"], name="vehicle_disabled"),
            models.Index(fields=["is_smart_charging_on", "vehicle_id"], name="vehicle_smart_charging"),
            models.Index(
                fields=["refresh_due_at"],
                name="vehicle_refresh_due",
                condition=Q(refresh_due_at__isnull=False),
            ),
            models.Index(
                fields=["leaving_due_at"],
                name="vehicle_leaving_due",
                condition=Q(leaving_due_at__isnull=False),
            ),
            models.Index(
                fields=["cause_due_at"], name="vehicle_cause_due", condition=Q(cause_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # Mutators

    def mark_stale(self, *, now: datetime) -> bool:
        """Staff's mark; returns False if it was there already or the vehicle is not connectable."""
        return self._mutate(Vehicle.objects.filter(pk=self.pk).mark_stale(now=now))

    def clear_stale(self, *, now: datetime) -> bool:
        """Returns False if the vehicle was not stale."""
        return self._mutate(Vehicle.objects.filter(pk=self.pk).clear_stale(now=now))

    def mark_removed(self, *, now: datetime) -> bool:
        """ev.energy no longer has the vehicle; returns False if that was known."""
        present = Vehicle.objects.present().filter(pk=self.pk)
        values = {"removed_at": now, "read_at": now, **NOT_LEAVING, **NOT_STALE}
        return self._mutate(present.change_stale(values, now=now))

    def take_back(self) -> bool:
        """The owner wants the disconnected car connected again; returns False if it was not disconnected by them."""
        let_go = Vehicle.objects.present().filter(pk=self.pk, leaving=Leaving.DISCONNECTED)
        return self._mutate(let_go.update(**NOT_LEAVING))

    def write_nickname(self, nickname: str) -> None:
        """Stores what the owner calls the car; "" takes the name away."""
        Vehicle.objects.filter(pk=self.pk).update(nickname=nickname)

    def take_refresh(self, *, until: datetime, now: datetime) -> bool:
        """Returns whether the caller is the one to read the vehicle now; it is due again at `until`."""
        is_free = self.refresh_due_at is None or self.refresh_due_at <= now
        return is_free and Vehicle.objects.take(self, due="refresh_due_at", until=until)

    def _mutate(self, changed: int) -> bool:
        if changed:
            self.refresh_from_db()
        return bool(changed)

    # Properties

    @property
    def name(self) -> str:
        """The name owners know the car by: make and model, else what ev.energy calls it."""
        return car_name(self.make, self.model) or self.description or str(_("Your car"))

    @property
    def is_stale(self) -> bool:
        return self.stale_since is not None

    @property
    def is_connectable(self) -> bool:
        """Agrees with the query `connectable`."""
        is_here = self.removed_at is None and not self.leaving
        return is_here and not self.is_disabled and self.integration != Integration.UNINTEGRATED

    @property
    def needs_repair(self) -> bool:
        """Agrees with the query `needing_repair`."""
        return self.is_connectable and (self.integration == Integration.INACTIVE or self.is_stale)

    @property
    def is_in_outage(self) -> bool:
        """Whether the make has trouble now, which only rows of the query `of` know."""
        return bool(getattr(self, "has_outage", False))

    def has_data_since(self, moment: datetime) -> bool:
        """Whether the car has sent data after `moment`: the proof that a connection works."""
        return self.last_status_at is not None and self.last_status_at > moment
