"""Which of Django's groups are the ready-made ones, and what they have been given already."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class ReadyMadeGroup(models.Model):
    """Stays when its group is deleted or renamed, so that neither is undone by the next migration."""

    key = models.CharField(max_length=20, primary_key=True)
    group = models.OneToOneField(Group, models.SET_NULL, null=True, related_name="ready_made")
    # As `app.codename`. What is in here and not among the group's rights was taken away by hand.
    rights_given = models.JSONField(default=list)

    class Meta:
        verbose_name = _("ready-made group")
        verbose_name_plural = _("ready-made groups")
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
