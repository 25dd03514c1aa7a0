"""Background work in short slices: distribute what is new, take free lanes, send what is due in them.

Which lanes have work stands in the rows. A worker that is killed leaves leases that run out, and deliveries that are
sent again under the same id. Endpoints that are slow, or fail, have workers of their own: they hold up nobody else.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

from django.db.models import Min
from django.utils import timezone

from onboarding_portal.api.events.distribution import distribute
from onboarding_portal.api.events.models import Delivery, Endpoint, Event, Lane, LaneQuerySet
from onboarding_portal.api.events.sending import Bundle, note
from onboarding_portal.timing import SLICE_SECONDS

# Requests under way at the same time in one slice; of these to one endpoint, so that two workers share it.
THREADS, OF_ONE_ENDPOINT = 8, 4
BUNDLE = 50


def has_work(*, slow: bool, now: datetime) -> bool:
    return Event.objects.undistributed().exists() or _lanes(slow=slow, now=now).exists()


def run_slice(*, slow: bool, seconds: float = SLICE_SECONDS) -> datetime | None:
    """Works for about `seconds` and one answer; returns when to go on, None if there is nothing left for now."""
    ends_at = time.monotonic() + seconds
    with ThreadPoolExecutor(THREADS) as threads:
        while time.monotonic() < ends_at:
            distribute(now=timezone.now())
            with ExitStack() as leases:
                bundles = list(_take(leases, slow=slow, now=timezone.now()))
                if not bundles:
                    return _next_due(slow=slow, now=timezone.now())
                for done in [threads.submit(bundle.send, until=ends_at) for bundle in bundles]:
                    done.result()
                for bundle in bundles:
                    note(bundle, now=timezone.now())
    return timezone.now()


def _take(leases: ExitStack, *, slow: bool, now: datetime) -> Iterator[Bundle]:
    """Leases lanes and reads what is due in them; the leases end with `leases`."""
    taken: dict[int, int] = {}
    for lane in _lanes(slow=slow, now=now).select_related("endpoint").order_by("?")[: 4 * THREADS]:
        if sum(taken.values()) == THREADS:
            return
        if taken.get(lane.endpoint_id, 0) == OF_ONE_ENDPOINT or not Lane.objects.take(lane, now=now):
            continue
        taken[lane.endpoint_id] = taken.get(lane.endpoint_id, 0) + 1
        leases.callback(Lane.objects.release, lane)
        due = Delivery.objects.due(now=now).filter(endpoint=lane.endpoint_id, lane=lane.number)
        # Who took nothing the last time is asked with one first.
        size = 1 if lane.endpoint.pauses else BUNDLE
        deliveries = list(due.select_related("event").order_by("pk")[:size])
        yield Bundle(endpoint=lane.endpoint, deliveries=deliveries)


def _lanes(*, slow: bool, now: datetime) -> LaneQuerySet:
    return Lane.objects.with_work(now=now).filter(endpoint__is_slow=slow)


def _next_due(*, slow: bool, now: datetime) -> datetime | None:
    """When something comes due, or an endpoint's pause ends, that is near enough not to be left to the sweep."""
    endpoints = Endpoint.objects.filter(is_on=True, is_slow=slow)
    pending = Delivery.objects.pending().filter(endpoint__in=endpoints.listening(now=now), due_at__gt=now)
    paused = endpoints.filter(paused_until__gt=now)
    moments = [
        pending.aggregate(first=Min("due_at"))["first"],
        paused.aggregate(first=Min("paused_until"))["first"],
    ]
    return min((moment for moment in moments if moment is not None), default=None)
