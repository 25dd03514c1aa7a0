"""What happened: a row for each event, written in the transaction that made it true."""

import uuid
import zlib
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KIND_LENGTH, SUBJECT_LENGTH = 40, 60
TEST = "endpoint.test"
# Into so many shares each endpoint's subjects are divided.
LANES = 8


def lane_of(subject: str) -> int:
    return zlib.crc32(subject.encode()) % LANES


class EventQuerySet(models.QuerySet["Event"]):
    def undistributed(self) -> "EventQuerySet":
        return self.filter(distributed_at=None)

    def between(self, *, since: datetime, until: datetime) -> "EventQuerySet":
        """Those that happened in the span, but for tests of an endpoint."""
        return self.filter(at__gte=since, at__lte=until).exclude(kind=TEST)

    def about_owner(self, owner_id: int) -> "EventQuerySet":
        return self.filter(owner_id=owner_id)


class Event(models.Model):
    """`subject` is what it is about: events of one subject are delivered in the order of their rows.

    A car's owner is an id alone, without a reference of the database's: an owner's erasure is an event, too.
    """

    event_id = models.UUIDField(_("event id"), unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("what"), max_length=KIND_LENGTH)
    at = models.DateTimeField(_("when"), default=timezone.now)
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    owner_id = models.BigIntegerField(_("owner’s id"), null=True, blank=True)
    vehicle_id = models.CharField(_("vehicle id"), max_length=40, blank=True, default="")
    data = models.JSONField(_("data"))
    # When its deliveries were written, by the one process that is at it.
    distributed_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["id"], condition=Q(distributed_at=None), name="event_undistributed"),
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["owner_id"], name="event_owner"),
            models.Index(fields=["vehicle_id"], name="event_vehicle"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def public_id(self) -> str:
        """By which a receiver knows that it has the event already."""
        return f"evt_{self.event_id.hex}"

    @property
    def body(self) -> dict[str, Any]:
        return {"type": self.kind, "timestamp": self.at.isoformat(), "data": self.data}
