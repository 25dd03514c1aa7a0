"""What colleagues write about an owner or a car: dated, signed, and never changed afterwards. Owners never see it.

A note on a car belongs to the owner of that time too: it is not the next owner's business.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.mail_pause import NAME_LENGTH

if TYPE_CHECKING:
    from onboarding_portal.vehicles.models import Vehicle

TEXT_LENGTH = 4000


class NoteQuerySet(models.QuerySet["Note"]):
    # Factories

    def write(
        self, *, owner_id: int, vehicle_id: str | None = None, text: str, by: User, now: datetime
    ) -> "Note":
        return self.create(
            owner_id=owner_id,
            vehicle_id=vehicle_id,
            text=text,
            author=by,
            author_name=by.signature,
            written_at=now,
        )

    # Queries

    def about(self, owner: User) -> Self:
        return self.filter(owner=owner)

    def on_car(self, vehicle: "Vehicle") -> Self:
        """Those of the present owner's time, about the car or about the owner."""
        return self.filter(models.Q(vehicle=vehicle) | models.Q(vehicle=None), owner=vehicle.owner_id)


class Note(models.Model):
    """`vehicle` is empty where the note is about the owner. `author_name` stays when the colleague's account goes."""

    owner = models.ForeignKey(
        User, models.CASCADE, related_name="notes", db_index=False, verbose_name=_("owner")
    )
    vehicle = models.ForeignKey(
        "vehicles.Vehicle", models.SET_NULL, null=True, related_name="notes", verbose_name=_("vehicle")
    )
    text = models.TextField(_("note"), max_length=TEXT_LENGTH)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("author"))
    author_name = models.CharField(_("author"), max_length=2 * NAME_LENGTH)
    written_at = models.DateTimeField(_("written"))

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["owner", "written_at"], name="note_owner")]

    def __str__(self) -> str:
        return f"{self.author_name} {self.written_at:%Y-%m-%d %H:%M}"
