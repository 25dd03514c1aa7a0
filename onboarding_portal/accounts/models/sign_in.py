"""When an owner signed in. Not from where, nor with which browser: nobody needs that to help them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class SignIn(models.Model):
    owner = models.ForeignKey(
        User, models.CASCADE, related_name="sign_ins", db_index=False, verbose_name=_("owner")
    )
    at = models.DateTimeField(_("signed in"))

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        default_permissions = ()
        indexes = [
            models.Index(fields=["owner", "at"], name="sign_in_owner"),
            models.Index(fields=["at"], name="sign_in_at"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.at:%Y-%m-%d %H:%M}"
