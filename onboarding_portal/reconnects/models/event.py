"""The history of reconnects: every step is written here, and nowhere else."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.reconnects.models.states import State


class ReconnectEvent(models.Model):
    """One step of a reconnect's history. `by` is empty where nobody was signed in: workers, e-mailed links."""

    reconnect = models.ForeignKey(
        "reconnects.Reconnect", models.CASCADE, related_name="events", verbose_name=_("reconnect")
    )
    state = models.CharField(_("state"), max_length=11, choices=State)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.at:%Y-%m-%d %H:%M}"
