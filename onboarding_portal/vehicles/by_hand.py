"""A colleague handles an owner, or one car of theirs, by hand: batches and reminders leave it out until that ends.

One handled for an owner holds for all of their cars; one for a car as long as it is the same owner's. When the
colleague leaves, the row stays in force and is nobody's, so that somebody else takes it.
"""

from datetime import datetime
from typing import Self

from django.db import models, transaction
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.mail_pause import NAME_LENGTH, REASON_LENGTH


class ByHandQuerySet(models.QuerySet["ByHand"]):
    # Queries

    def in_force(self) -> Self:
        return self.filter(ended_at=None)

    def of_vehicle(self, *, vehicle: object = OuterRef("pk"), owner: object = OuterRef("owner")) -> Self:
        """What is in force for a vehicle of this owner; for a subquery by default, from the rows of vehicles."""
        return self.in_force().filter(Q(vehicle=vehicle) | Q(vehicle=None), owner=owner)

    def mine(self, colleague: User) -> Self:
        return self.in_force().filter(colleague=colleague)

    def nobodys(self) -> Self:
        """Those whose colleague has left, or is no member of staff any more."""
        gone = Q(colleague=None) | Q(colleague__is_active=False) | Q(colleague__is_staff=False)
        return self.in_force().filter(gone)

    # Mutators

    def assign(
        self,
        *,
        owner_id: int,
        vehicle_id: str | None = None,
        to: User,
        reason: str,
        by: User,
        now: datetime,
    ) -> "ByHand":
        """Returns the row now in force; what was in force for the same owner or car has ended, by the same person."""
        with transaction.atomic():
            User.objects.select_for_update().get(pk=owner_id)
            self.end(owner_id=owner_id, vehicle_id=vehicle_id, by=by, now=now)
            return self.create(
                owner_id=owner_id,
                vehicle_id=vehicle_id,
                colleague=to,
                colleague_name=to.signature,
                reason=reason,
                since=now,
                assigned_by_name=by.signature,
            )

    def end(self, *, owner_id: int, vehicle_id: str | None = None, by: User, now: datetime) -> int:
        """Returns how many have ended: one, or none if nothing was in force for just this owner or car."""
        rows = self.in_force().filter(owner=owner_id, vehicle=vehicle_id)
        return rows.update(ended_at=now, ended_by_name=by.signature)


class ByHand(models.Model):
    """`vehicle` is empty where the owner is handled with all their cars. The names stay when the accounts go."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="by_hand", verbose_name=_("owner"))
    vehicle = models.ForeignKey(
        "vehicles.Vehicle", models.CASCADE, null=True, related_name="by_hand", verbose_name=_("vehicle")
    )
    colleague = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="handles", verbose_name=_("colleague")
    )
    colleague_name = models.CharField(_("colleague"), max_length=2 * NAME_LENGTH)
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    since = models.DateTimeField(_("since"))
    assigned_by_name = models.CharField(_("assigned by"), max_length=2 * NAME_LENGTH)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by_name = models.CharField(_("ended by"), max_length=2 * NAME_LENGTH, blank=True, default="")

    objects = ByHandQuerySet.as_manager()

    class Meta:
        verbose_name = _("handled by hand")
        verbose_name_plural = _("handled by hand")
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(ended_at=None, vehicle=None),
                name="by_hand_one_for_each_owner",
            ),
            models.UniqueConstraint(
                fields=["owner", "vehicle"],
                condition=Q(ended_at=None, vehicle__isnull=False),
                name="by_hand_one_for_each_car",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.colleague_name}: {self.reason}"
