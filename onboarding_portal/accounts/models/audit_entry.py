"""The audit log: who did what to whom, from where and why. Entries are added, and go by age; nobody changes them.

An entry outlives whoever acted: their name is kept as text. It outlives an owner who is erased, too, and then says
of them no more than that there was one (`AuditSubject` without an id, the act's own words emptied).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.audit_act import Act

WHY_LENGTH = 500
CHUNK = 1000


class ActorKind(models.TextChoices):
    STAFF = "STAFF", _("Staff")
    OWNER = "OWNER", _("The owner")
    POLICY = "POLICY", _("The policy")
    KEY = "KEY", _("A key")
    JOB = "JOB", _("The portal")
    COMMAND = "COMMAND", _("A command")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whom or what an act is about: an owner, a car, or a car with its owner at that time."""

    owner_id: int | None = None
    vehicle_id: str = ""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def about_owner(self, owner_id: int) -> "AuditEntryQuerySet":
        """Newest first: acts on the owner and on cars while they were theirs."""
        return self.filter(pk__in=AuditSubject.objects.filter(owner=owner_id).values("entry")).order_by("-pk")

    def about_vehicle(self, vehicle_id: str) -> "AuditEntryQuerySet":
        return self.filter(
            pk__in=AuditSubject.objects.filter(vehicle_id=vehicle_id).values("entry")
        ).order_by("-pk")


class AuditEntry(models.Model):
    """One act. `count` is how many it was about; each of them is a subject."""

    at = models.DateTimeField(_("when"), default=timezone.now)
    act = models.CharField(_("what"), max_length=60)
    actor_kind = models.CharField(_("by"), max_length=7, choices=ActorKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField(_("who"), max_length=254, blank=True, default="")
    network_address = models.CharField(_("from"), max_length=45, blank=True, default="")
    why = models.CharField(_("why"), max_length=WHY_LENGTH, blank=True, default="")
    detail = models.CharField(_("in detail"), max_length=WHY_LENGTH, blank=True, default="")
    # What else it was done to: a row that is neither an owner nor a car, as "reconnects.batch" and its key.
    thing_kind = models.CharField(_("kind of thing"), max_length=60, blank=True, default="")
    thing_id = models.CharField(_("thing"), max_length=64, blank=True, default="")
    count = models.PositiveIntegerField(_("how many"), default=1)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["act", "id"], name="audit_act"),
            models.Index(fields=["actor_name", "id"], name="audit_actor_name"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            models.Index(fields=["thing_kind", "thing_id", "id"], name="audit_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.words} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("An entry of the audit log is not changed.")
        super().save(*args, **options)

    # Mutators

    def add(self, about: Collection[About]) -> None:
        """Adds what the act was about as well: an act on many is done piece by piece, each in its transaction."""
        with transaction.atomic():
            self.write_subjects(about)
            AuditEntry.objects.filter(pk=self.pk).update(count=F("count") + len(about))
        self.count += len(about)

    def write_subjects(self, about: Collection[About]) -> None:
        subjects = [
            AuditSubject(entry=self, owner_id=each.owner_id, vehicle_id=each.vehicle_id) for each in about
        ]
        AuditSubject.objects.bulk_create(subjects, batch_size=CHUNK)

    # Properties

    @property
    def words(self) -> str:
        """What was done, for people; the name itself where a later release knows it no more."""
        return str(Act(self.act).label) if self.act in Act.values else self.act


class AuditSubject(models.Model):
    """One owner or car an act was about. Of those who were erased only the row is left."""

    entry = models.ForeignKey(AuditEntry, models.CASCADE, related_name="subjects")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    vehicle_id = models.CharField(_("vehicle id"), max_length=30, blank=True, default="")

    class Meta:
        verbose_name = _("whom an act was about")
        verbose_name_plural = _("whom acts were about")
        default_permissions = ()
        indexes = [
            models.Index(fields=["owner", "entry"], name="audit_subject_owner"),
            models.Index(
                fields=["vehicle_id", "entry"],
                name="audit_subject_vehicle",
                condition=~models.Q(vehicle_id=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
