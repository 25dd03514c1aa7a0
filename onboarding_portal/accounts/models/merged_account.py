"""Two accounts of one person became one. The other stays, closed, for its address and its user at ev.energy.

ev.energy cannot give the cars of one user to another, so those of the other account stay where they are there, and
come back from there as the kept account's.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.mail_pause import NAME_LENGTH


class MergedAccount(models.Model):
    other = models.OneToOneField(
        "accounts.User",
        models.CASCADE,
        primary_key=True,
        related_name="merged",
        verbose_name=_("other account"),
    )
    into = models.ForeignKey(
        "accounts.User", models.CASCADE, related_name="merged_accounts", verbose_name=_("kept account")
    )
    at = models.DateTimeField(_("merged"))
    by_name = models.CharField(_("by"), max_length=2 * NAME_LENGTH)

    class Meta:
        verbose_name = _("merged account")
        verbose_name_plural = _("merged accounts")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.other_id} → {self.into_id}"
