"""What staff asked for in one go."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

A_FEW = 10  # links: a person of staff waits for them, and they need no more of the budget than a person does


class BatchKind(models.TextChoices):
    LINKS = "LINKS", _("Reconnect links")
    EMAILS = "EMAILS", _("E-mails")


class Batch(models.Model):
    """What staff asked for in one go. Its progress is counted from its reconnects, never stored."""

    kind = models.CharField(_("kind"), max_length=6, choices=BatchKind)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("cancelled by")
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    # The page that was confirmed. Submitting it a second time cannot make a second batch.
    confirmation = models.UUIDField(unique=True, null=True, default=None, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_waited_for(self) -> bool:
        """Whether somebody of staff sits in front of it: a few links, not a campaign."""
        return self.kind == BatchKind.LINKS and self.reconnects.all()[: A_FEW + 1].count() <= A_FEW
