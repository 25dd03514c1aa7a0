"""All mail to an owner is paused: what the portal and batches send. What owners ask for themselves still goes out."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from onboarding_portal.accounts.models.user import User

REASON_LENGTH = 500
NAME_LENGTH = 254


class MailPauseQuerySet(models.QuerySet["MailPause"]):
    def in_force(self) -> Self:
        return self.filter(ended_at=None)

    def begin(self, *, owner_id: int, by: "User", reason: str, now: datetime) -> bool:
        """Returns False if all mail to the owner was paused already."""
        values = {"by": by, "by_name": by.signature, "reason": reason, "since": now}
        with transaction.atomic():
            _pause, is_new = self.get_or_create(owner_id=owner_id, ended_at=None, defaults=values)
        return is_new

    def end(self, *, owner_id: int, by: "User", now: datetime) -> bool:
        """Returns False if mail to the owner was not paused."""
        return bool(self.in_force().filter(owner=owner_id).update(ended_at=now, ended_by_name=by.signature))


class MailPause(models.Model):
    """`by_name` stays when the colleague's account goes."""

    owner = models.ForeignKey(
        "accounts.User", models.CASCADE, related_name="mail_pauses", verbose_name=_("owner")
    )
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    by_name = models.CharField(_("by"), max_length=2 * NAME_LENGTH)
    reason = models.CharField(_("why"), max_length=REASON_LENGTH)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by_name = models.CharField(_("ended by"), max_length=2 * NAME_LENGTH, blank=True, default="")

    objects = MailPauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause of all mail")
        verbose_name_plural = _("pauses of all mail")
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(ended_at=None), name="mail_pause_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.reason
