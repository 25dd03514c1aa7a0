"""Invitations from a file: what it held, kept until it is confirmed, and what became of it."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User


class RowKind(models.TextChoices):
    """What an import does with a row of its file."""

    NEW = "NEW", _("To be invited")
    WRONG = "WRONG", _("With errors")
    REPEATED = "REPEATED", _("In the file before")
    INVITED = "INVITED", _("Has an open invitation")
    KNOWN = "KNOWN", _("Has an account, without a car")
    CONNECTED = "CONNECTED", _("Has an account with a car")


class InvitationImportQuerySet(models.QuerySet["InvitationImport"]):
    # Queries

    def seen_by(self, user: User) -> Self:
        """Until it is confirmed, a file is seen by whoever sent it in, and by nobody else."""
        return self.filter(Q(confirmed_at__isnull=False) | Q(created_by=user))

    # Mutators

    def take_confirmation(self, *, now: datetime) -> bool:
        """Whether the caller is the first to confirm the one import of this queryset, and it was not given up."""
        return bool(self.filter(confirmed_at=None, stopped_at=None).update(confirmed_at=now))

    def stop(self, *, now: datetime) -> bool:
        return bool(self.filter(stopped_at=None).update(stopped_at=now))


class InvitationImport(models.Model):
    """One file of owners to invite. Its progress is counted from its invitations."""

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("sent in by")
    )
    created_at = models.DateTimeField(_("sent in"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)

    objects = InvitationImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of invitations")
        verbose_name_plural = _("files of invitations")
        indexes = [models.Index(fields=["created_at"], name="invitation_import_created_at")]

    def __str__(self) -> str:
        return self.file_name


class InvitationImportRow(models.Model):
    """A line of the file, as it was read. Kept for a day: see the rules of the purge."""

    source = models.ForeignKey(InvitationImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    kind = models.CharField(_("what becomes of it"), max_length=9, choices=RowKind)
    cells = models.JSONField(_("cells"))
    problems = models.JSONField(_("errors"), default=list)
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    make_id = models.CharField(_("make"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("line of a file of invitations")
        verbose_name_plural = _("lines of files of invitations")
        constraints = [models.UniqueConstraint(fields=["source", "line"], name="invitation_import_line")]
        indexes = [models.Index(fields=["source", "kind", "line"], name="invitation_import_kind")]

    def __str__(self) -> str:
        return str(self.line)
