"""Where staff are signed in. Django's own row of a session does not say whose it is."""

from datetime import datetime
from typing import Self

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class StaffSessionQuerySet(models.QuerySet["StaffSession"]):
    def alive(self, *, now: datetime) -> Self:
        return self.filter(ends_at__gt=now)

    def end(self) -> int:
        """Ends these sessions for good; returns how many there were."""
        keys = list(self.values_list("pk", flat=True))
        Session.objects.filter(pk__in=keys).delete()
        return self.model.objects.filter(pk__in=keys).delete()[0]


class StaffSession(models.Model):
    """A session in which somebody signed in as staff; `accounts/sessions.py` keeps it beside Django's row."""

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="staff_sessions")
    began_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last seen"))
    ends_at = models.DateTimeField(_("ends"), db_index=True)
    network = models.CharField(_("network address"), max_length=45)
    browser = models.CharField(_("browser"), max_length=200, blank=True, default="")

    objects = StaffSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session of staff")
        verbose_name_plural = _("sessions of staff")
        default_permissions = ()

    def __str__(self) -> str:
        return self.browser
