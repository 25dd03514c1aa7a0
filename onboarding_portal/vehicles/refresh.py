"""Reads one vehicle again: for its owner's page, for staff, and to see whether a reconnect took."""

import logging
from datetime import datetime, timedelta

from onboarding_portal.accounts.on_behalf import on_behalf_of_owner
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import NotFound
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.store import store_vehicle

logger = logging.getLogger(__name__)

SHORTEST_WAIT = timedelta(seconds=20)  # between two reads for a page that refreshes itself


def refresh_vehicle(*, vehicle_id: str, client: Client, now: datetime) -> Vehicle:
    """Reads one vehicle from ev.energy, stores it, applies the staleness rules, and returns its row.

    `now` is when it is asked for. A vehicle that ev.energy no longer has comes back with `removed_at` set. Raises
    Vehicle.DoesNotExist, BelongsToAnotherOwner (nothing is stored: only a sync moves a vehicle) and EvEnergyError.
    """
    vehicle = Vehicle.objects.select_related("owner").get(pk=vehicle_id)
    try:
        with on_behalf_of_owner(lambda: vehicle.owner):
            resource = client.get_vehicle(vehicle_id=vehicle_id)
    except NotFound:
        vehicle.mark_removed(now=now)
        return vehicle
    return store_vehicle(resource=resource, owner=vehicle.owner, now=now)


def is_worth_reading(*, vehicle: Vehicle, now: datetime) -> bool:
    """Whether a page that shows the vehicle should have it read again, in growing steps from when it was connected.

    An owner who leaves the page open for an hour spends about ten requests, not hundreds.
    """
    return now - vehicle.read_at >= max(SHORTEST_WAIT, (now - vehicle.connected_at) / 2)
