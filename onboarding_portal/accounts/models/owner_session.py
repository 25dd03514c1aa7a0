"""Where an owner is signed in: the browser, since when, last seen. Not from where: nobody needs to know that."""

from datetime import datetime
from typing import Self

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class OwnerSessionQuerySet(models.QuerySet["OwnerSession"]):
    def alive(self, *, owner: User, now: datetime) -> Self:
        """Those that still open the account: an owner who was signed out everywhere has none of before."""
        hashes = [owner.get_session_auth_hash(), *owner.get_session_auth_fallback_hash()]
        stored = Session.objects.filter(pk=models.OuterRef("pk"))
        return self.filter(models.Exists(stored), user=owner, ends_at__gt=now, auth_hash__in=hashes)

    def end(self) -> int:
        """Ends these sessions for good; returns how many there were."""
        keys = list(self.values_list("pk", flat=True))
        Session.objects.filter(pk__in=keys).delete()
        return self.model.objects.filter(pk__in=keys).delete()[0]


class OwnerSession(models.Model):
    """A session in which an owner signed in; `accounts/sessions.py` keeps it beside Django's row."""

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="owner_sessions", verbose_name=_("owner"))
    # As in the session itself: it is worth nothing once the account's sessions were ended.
    auth_hash = models.CharField(max_length=64, editable=False)
    began_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last seen"))
    ends_at = models.DateTimeField(_("ends"), db_index=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True, default="")

    objects = OwnerSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("device signed in")
        verbose_name_plural = _("devices signed in")
        default_permissions = ()

    def __str__(self) -> str:
        return self.browser
