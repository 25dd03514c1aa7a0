"""Cars that somebody waits for are read one by one, where the sync of all cars takes long to come to them.

Nothing is sent here: the rows come due, and the worker reads them. The longest unread go first, so that many who wait
share what there is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from onboarding_portal.vehicles.models import Integration, Vehicle, VehicleQuerySet
from onboarding_portal.vehicles.pace import SLOT

# An owner connected the car and looks now and then whether it has sent data.
WAITS_FOR_FIRST_DATA = timedelta(days=2)


def without_first_data(*, now: datetime) -> VehicleQuerySet:
    """Cars that were connected of late, work as far as ev.energy says, and have sent nothing yet."""
    return Vehicle.objects.connectable().filter(
        integration=Integration.ACTIVE, last_status_at=None, connected_at__gt=now - WAITS_FOR_FIRST_DATA
    )


def request_awaited(*, awaited: Sequence[QuerySet[Vehicle]], at_most: int, now: datetime) -> int:
    """Has so many of the cars read as were not in this slot, those of the first query first; returns how many."""
    chosen: list[str] = []
    for vehicles in awaited:
        unread = vehicles.filter(refresh_due_at=None, read_at__lte=now - SLOT).exclude(pk__in=chosen)
        chosen += unread.order_by("read_at").values_list("pk", flat=True)[: at_most - len(chosen)]
    return Vehicle.objects.filter(pk__in=chosen).request_refresh(now=now)
