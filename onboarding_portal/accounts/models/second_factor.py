"""What staff prove themselves with beside the password. What is right and wrong with it: `accounts/two_factor/`."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class FactorKind(models.TextChoices):
    APP = "APP", _("Authenticator app")
    PASSKEY = "PASSKEY", _("Passkey")
    RECOVERY = "RECOVERY", _("Recovery code")


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def of(self, kind: FactorKind) -> Self:
        return self.filter(kind=kind)

    def that_count(self) -> Self:
        """Those that make a second factor by themselves: recovery codes only stand in for one."""
        return self.exclude(kind=FactorKind.RECOVERY)


class SecondFactor(models.Model):
    """An app's secret, a passkey's public half, or one recovery code."""

    user = models.ForeignKey(User, models.CASCADE, related_name="second_factors", verbose_name=_("colleague"))
    kind = models.CharField(_("kind"), max_length=10, choices=FactorKind)
    name = models.CharField(_("name"), max_length=60, blank=True, default="")
    # Sealed under SECRET_KEY; of a recovery code only a keyed hash.
    sealed = models.TextField(editable=False)
    # An app's: the half minute of the last code that was taken. A passkey's: how often it signed, as it says.
    counter = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("added"))
    used_at = models.DateTimeField(_("last used"), null=True)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind=FactorKind.APP), name="second_factor_one_app"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())
