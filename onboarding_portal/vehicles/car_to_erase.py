"""Cars that are to be erased at ev.energy: all that is kept of an erased owner's, and only until it is done."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import Erasure
from onboarding_portal.leases import LeasedQuerySet
from onboarding_portal.tokens import hash_token, token_hashes

HASHED_FOR = "vehicles.car_to_erase"
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


class Outcome(models.TextChoices):
    WAITING = "WAITING", _("Waiting for ev.energy")
    ERASED = "ERASED", _("Erased at ev.energy")
    GONE = "GONE", _("ev.energy had it no more")
    OTHERS = "OTHERS", _("Left: it belongs to somebody else there")
    CAME_BACK = "CAME_BACK", _("Left: its owner connected it again")


class CarToEraseQuerySet(LeasedQuerySet["CarToErase"]):
    def due(self, *, now: datetime) -> "CarToEraseQuerySet":
        return self.filter(due_at__lte=now)


class CarToErase(models.Model):
    """One car. Once ev.energy has answered for good, nothing but what came of it is left."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="cars", verbose_name=_("erasure"))
    vehicle_id = models.CharField(_("vehicle id"), max_length=30, blank=True, default="")
    # A keyed hash of whose it was at ev.energy: a car that was sold meanwhile is not ours to erase.
    owner_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, default=Outcome.WAITING)
    due_at = models.DateTimeField(_("next try"), null=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    failure = models.CharField(_("why not yet"), max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(_("done"), null=True)

    objects = CarToEraseQuerySet.as_manager()

    class Meta:
        verbose_name = _("car to erase at ev.energy")
        verbose_name_plural = _("cars to erase at ev.energy")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["due_at"], name="car_to_erase_due", condition=Q(due_at__isnull=False))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.WAITING) | Q(vehicle_id="", owner_hash=""),
                name="car_to_erase_keeps_no_id_when_done",
            )
        ]

    def __str__(self) -> str:
        return str(self.get_outcome_display())

    # Factories

    @classmethod
    def of(cls, *, erasure: Erasure, vehicle_id: str, ev_energy_user_id: str) -> "CarToErase":
        """An unsaved one, due at once."""
        return cls(
            erasure=erasure,
            vehicle_id=vehicle_id,
            owner_hash=hash_token(ev_energy_user_id, purpose=HASHED_FOR) if ev_energy_user_id else "",
            due_at=erasure.erased_at,
        )

    # Mutators

    def end(self, outcome: Outcome, *, now: datetime) -> None:
        CarToErase.objects.filter(pk=self.pk).update(
            outcome=outcome, ended_at=now, vehicle_id="", owner_hash="", due_at=None, failure=""
        )

    def try_later(self, *, why: str, now: datetime, wait: timedelta | None = None) -> None:
        """For ever, in growing steps: an owner was promised that it goes."""
        wait = wait or min(FIRST_WAIT * 2 ** min(self.tries, 12), LONGEST_WAIT)
        CarToErase.objects.filter(pk=self.pk, outcome=Outcome.WAITING).update(
            due_at=now + wait, tries=self.tries + 1, failure=why[:200]
        )

    # Properties

    def was_owned_by(self, ev_energy_user_id: str) -> bool:
        """Whether it was this user's at ev.energy when its owner was erased; with nothing to go by, yes."""
        if not self.owner_hash or not settings.EV_ENERGY_VERIFY_OWNERSHIP:
            return True
        hashes = token_hashes(ev_energy_user_id, purpose=HASHED_FOR)
        return any(constant_time_compare(each, self.owner_hash) for each in hashes)
