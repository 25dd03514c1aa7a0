"""Staff as colleagues see them: who begins and who leaves. And who they are at the company's single sign-on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class Colleague(User):
    """For lists and rights of their own; whose rows are staff's, the admin sees to."""

    class Meta:
        proxy = True
        verbose_name = _("colleague")
        verbose_name_plural = _("colleagues")
        default_permissions = ("view", "add", "change")
        permissions = [("reset_second_factor", _("Can reset the second factor of a colleague"))]


class StaffIdentity(models.Model):
    """Whose account a subject of the OpenID provider opens. An address may be given to somebody else; this not."""

    user = models.OneToOneField(User, models.CASCADE, related_name="staff_identity")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("identity at the OpenID provider")
        verbose_name_plural = _("identities at the OpenID provider")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="staff_identity_of_one_subject"),
        ]

    def __str__(self) -> str:
        return self.issuer
