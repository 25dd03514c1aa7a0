"""An owner lets a car go: disconnects it, or has it removed. What was asked stands in the car's row until it is done.

    ""            the owner wants the car charged smartly
    DISCONNECTING was asked for, ev.energy has not done it yet
    DISCONNECTED  done; the car stays in the list, and nobody asks its owner to repair it
    REMOVING      was asked for, ev.energy has not done it yet; then the row is as any car's that is gone there

A car that is connected again, to the same owner or another, leaves no more.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Leaving(models.TextChoices):
    DISCONNECTING = "DISCONNECTING", _("Being disconnected")
    DISCONNECTED = "DISCONNECTED", _("Disconnected by its owner")
    REMOVING = "REMOVING", _("Being removed")


# From where each may be asked for.
ASKED_FROM: dict[Leaving, frozenset[str]] = {
    Leaving.DISCONNECTING: frozenset({""}),
    Leaving.REMOVING: frozenset({"", Leaving.DISCONNECTING, Leaving.DISCONNECTED}),
}

NOT_LEAVING: dict[str, Any] = {
    "leaving": "",
    "leaving_asked_at": None,
    "leaving_due_at": None,
    "leaving_tries": 0,
}


class LeavingModel(models.Model):
    leaving = models.CharField(
        _("leaving"), max_length=13, choices=Leaving, blank=True, default="", db_default="", editable=False
    )
    leaving_asked_at = models.DateTimeField(_("asked to leave"), null=True, blank=True, editable=False)
    # When ev.energy is next asked to do it; None once it has.
    leaving_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    leaving_tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def is_let_go(self) -> bool:
        """Whether the car is disconnected because its owner wanted it so."""
        return self.leaving == Leaving.DISCONNECTED

    @property
    def is_about_to_leave(self) -> bool:
        """Whether the owner asked for it and ev.energy has not done it yet."""
        return self.leaving in {Leaving.DISCONNECTING, Leaving.REMOVING}
