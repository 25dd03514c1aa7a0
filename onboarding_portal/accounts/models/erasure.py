"""That somebody was erased: when, by whom and how much, and nothing of who it was."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.audit_entry import ActorKind


class Erasure(models.Model):
    """What came of it at ev.energy hangs on it, car by car (in the room that knows cars)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    erased_at = models.DateTimeField(_("erased"), default=timezone.now)
    by_kind = models.CharField(_("by"), max_length=7, choices=ActorKind)
    is_at_ev_energy = models.BooleanField(_("at ev.energy as well"), default=False)
    counts = models.JSONField(_("rows removed"), default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["erased_at"], name="erasure_erased_at")]

    def __str__(self) -> str:
        return str(self.id)
