"""Who gets an event: every endpoint that is on. One process at a time, so that all see events in one order."""

from datetime import datetime

from django.db import transaction

from onboarding_portal.api.events.models import Delivery, Endpoint, Event

AT_ONCE = 500


def distribute(*, now: datetime) -> int:
    """Writes the deliveries of new events; returns of how many events.

    An event becomes visible when the transaction it is told in ends, which may be after that of a later row. What is
    delivered here goes before whatever becomes visible afterwards, so a cause never comes after what it caused.
    """
    if not Event.objects.undistributed().exists():
        return 0
    with transaction.atomic():
        # Held by whoever distributes. Asked for first: what follows sees all that the one before has done.
        endpoints = list(Endpoint.objects.filter(is_on=True).order_by("pk").select_for_update())
        events = list(Event.objects.undistributed().order_by("pk")[:AT_ONCE])
        Delivery.objects.write(events, endpoints, now=now)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(distributed_at=now)
    return len(events)
