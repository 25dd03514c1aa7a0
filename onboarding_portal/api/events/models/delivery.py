"""An event on its way to an endpoint, and afterwards the log of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.api.events.models.endpoint import Endpoint
from onboarding_portal.api.events.models.event import SUBJECT_LENGTH, TEST, Event, lane_of

GIVES_UP_AFTER = timedelta(days=3)
PROBLEM_LENGTH = 100


class DeliveryState(models.TextChoices):
    PENDING = "PENDING", _("On its way")
    DELIVERED = "DELIVERED", _("Delivered")
    PARKED = "PARKED", _("Given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    # Queries

    def pending(self) -> "DeliveryQuerySet":
        return self.filter(state=DeliveryState.PENDING)

    def due(self, *, now: datetime) -> "DeliveryQuerySet":
        """What can be sent now. While an event waits for its next try, those after it about the same subject wait."""
        earlier = Delivery.objects.pending().filter(
            endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), pk__lt=OuterRef("pk"), due_at__gt=now
        )
        return self.pending().filter(~Exists(earlier), due_at__lte=now)

    def of_endpoints_that_are_on(self) -> "DeliveryQuerySet":
        return self.filter(endpoint__is_on=True)

    def given_up_since(self, moment: datetime) -> "DeliveryQuerySet":
        """Without tests, which staff have seen fail."""
        return self.filter(state=DeliveryState.PARKED, ended_at__gt=moment).exclude(event__kind=TEST)

    # Factories

    def write(self, events: Iterable[Event], endpoints: Sequence[Endpoint], *, now: datetime) -> int:
        """Writes a delivery of each event to each endpoint; returns how many. They go after what is pending."""
        rows = [
            Delivery(
                event=event,
                endpoint=endpoint,
                subject=event.subject,
                lane=lane_of(event.subject),
                due_at=now,
                gives_up_at=now + GIVES_UP_AFTER,
            )
            for event in events
            for endpoint in endpoints
        ]
        return len(self.bulk_create(rows, batch_size=1000))

    # Mutators

    def note_delivered(self, pks: Sequence[int], *, status: int, now: datetime) -> None:
        self.pending().filter(pk__in=pks).update(
            state=DeliveryState.DELIVERED, status=status, problem="", tried_at=now, ended_at=now
        )

    def give_up_what_waited(self, *, now: datetime) -> int:
        """Gives up what could not be sent for three days while the endpoint took nothing; returns how many."""
        closed = Q(endpoint__is_on=False) | Q(endpoint__failures__gt=0)
        old = self.pending().filter(closed, gives_up_at__lte=now)
        pks = list(old.values_list("pk", flat=True)[:10_000])
        return self.pending().filter(pk__in=pks).update(state=DeliveryState.PARKED, ended_at=now)


class Delivery(models.Model):
    event = models.ForeignKey(
        Event, models.CASCADE, related_name="deliveries", db_index=True, verbose_name=_("event")
    )
    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("endpoint")
    )
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    lane = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=9, choices=DeliveryState, default=DeliveryState.PENDING)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    due_at = models.DateTimeField(_("next try"), null=True, blank=True)
    gives_up_at = models.DateTimeField(_("given up at"))
    tries = models.PositiveIntegerField(_("failed tries"), default=0)
    status = models.PositiveSmallIntegerField(_("answer’s status"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=PROBLEM_LENGTH, blank=True, default="")
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["endpoint", "lane", "id"],
                condition=Q(state=DeliveryState.PENDING),
                name="delivery_of_lane",
            ),
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(state=DeliveryState.PENDING),
                name="delivery_of_subject",
            ),
            models.Index(fields=["state", "-id"], name="delivery_state"),
            models.Index(fields=["endpoint", "-id"], name="delivery_endpoint"),
            models.Index(
                fields=["gives_up_at"],
                condition=Q(state=DeliveryState.PENDING),
                name="delivery_gives_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.event_id} {self.state}"
