"""A link by which somebody else signs in for an owner: one car, one purpose, a few days, and no account."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal import tokens
from onboarding_portal.reconnects.models.reconnect import Reconnect
from onboarding_portal.vehicles.models import Vehicle

hash_helper_token = partial(tokens.hash_token, purpose="reconnects.helper")
_hashes = partial(tokens.token_hashes, purpose="reconnects.helper")


class HelperLinkQuerySet(models.QuerySet["HelperLink"]):
    # Queries

    def with_token(self, token: str) -> "HelperLinkQuerySet":
        return self.filter(token_hash__in=_hashes(token)).select_related(
            "vehicle__owner", "vehicle__make", "vehicle__model", "reconnect"
        )

    def alive(self, *, now: datetime) -> "HelperLinkQuerySet":
        """Those that work: neither ended nor too old, and car and owner are as they were when it was asked for."""
        return self.filter(
            Q(ended_at=None, expires_at__gt=now),
            owner=F("vehicle__owner"),
            owner_email=F("owner__email"),
            owner__is_active=True,
            vehicle__removed_at=None,
        )

    def of_car(self, vehicle: Vehicle) -> "HelperLinkQuerySet":
        """What its present owner has asked helpers for."""
        return self.filter(vehicle=vehicle, owner=vehicle.owner_id)

    # Mutators

    def end(self, *, now: datetime) -> int:
        """Returns how many had not ended."""
        return self.filter(ended_at=None).update(ended_at=now)


class HelperLink(models.Model):
    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, related_name="helper_links", db_index=False, verbose_name=_("vehicle")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="helper_links", verbose_name=_("owner")
    )
    email = models.EmailField(_("helper's e-mail address"))
    # The owner's own, when they asked: with another one all links end.
    owner_email = models.EmailField(editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("works until"), db_index=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    used_at = models.DateTimeField(_("used"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    reconnect = models.ForeignKey(
        Reconnect, models.SET_NULL, null=True, related_name="helper_links", verbose_name=_("reconnect")
    )

    objects = HelperLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link for a helper")
        verbose_name_plural = _("links for helpers")
        default_permissions = ()
        indexes = [
            models.Index(fields=["vehicle", "created_at"], name="helper_link_of_vehicle"),
            models.Index(fields=["email"], name="helper_link_email"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
