"""The links in our e-mails. Of each only a hash is stored."""

from functools import partial

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal import tokens
from onboarding_portal.reconnects.models.reconnect import Reconnect

hash_token = partial(tokens.hash_token, purpose="reconnects.lasting")
token_hashes = partial(tokens.token_hashes, purpose="reconnects.lasting")


class LastingLinkQuerySet(models.QuerySet["LastingLink"]):
    def with_token(self, token: str) -> "LastingLinkQuerySet":
        return self.filter(token_hash__in=token_hashes(token)).select_related(
            "reconnect__vehicle__owner", "reconnect__vehicle__make", "reconnect__vehicle__model"
        )


class LastingLink(models.Model):
    """The link in one e-mail. Each e-mail has its own, since a stored hash cannot be sent a second time."""

    reconnect = models.ForeignKey(Reconnect, models.CASCADE, related_name="lasting_links")
    # Whom it was sent to. The car may change hands; the link then opens nothing any more.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LastingLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lasting link")
        verbose_name_plural = _("lasting links")

    def __str__(self) -> str:
        return str(self.pk)
