"""A share of an endpoint's subjects. One process at a time is at a lane, so each subject's events stay in order."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q

from onboarding_portal.api.events.models.delivery import Delivery
from onboarding_portal.api.events.models.endpoint import Endpoint

# Longer than a slice of work with its last call. A worker that is killed holds up its lanes for so long.
LEASE = timedelta(seconds=30)


class LaneQuerySet(models.QuerySet["Lane"]):
    def with_work(self, *, now: datetime) -> "LaneQuerySet":
        """Those that are free and have something that can be sent now."""
        # A lease that ends later than any can was given before the system's clock was set back.
        is_free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LEASE)
        due = Delivery.objects.due(now=now).filter(endpoint=OuterRef("endpoint"), lane=OuterRef("number"))
        return self.filter(is_free, Exists(due), endpoint__in=Endpoint.objects.listening(now=now))

    def take(self, lane: "Lane", *, now: datetime) -> bool:
        """Leases the lane to the caller; False if somebody was faster."""
        until = now + LEASE
        if not self.filter(pk=lane.pk, lease_until=lane.lease_until).update(lease_until=until):
            return False
        lane.lease_until = until
        return True

    def release(self, lane: "Lane") -> None:
        self.filter(pk=lane.pk, lease_until=lane.lease_until).update(lease_until=None)


class Lane(models.Model):
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="lanes", db_index=False)
    number = models.PositiveSmallIntegerField()
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = LaneQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "number"], name="lane_once")]

    def __str__(self) -> str:
        return f"{self.endpoint_id}/{self.number}"
