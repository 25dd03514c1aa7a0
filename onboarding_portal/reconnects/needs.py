"""Whether a vehicle is one that a reconnect can repair."""

from onboarding_portal.vehicles.models import Integration, Vehicle


class NotConnectable(Exception):
    """The vehicle is removed, switched off at ev.energy or was never integrated: there is nothing to reconnect."""


class AlreadyConnected(Exception):
    """The vehicle works: there is nothing to repair."""


def needs_repair(vehicle: Vehicle) -> bool:
    """Whether the vehicle is cut off or stale. The same rule as a query is in batches.with_reason."""
    return vehicle.is_connectable and (vehicle.integration == Integration.INACTIVE or vehicle.is_stale)


def require_repair(vehicle: Vehicle) -> None:
    """Raises NotConnectable or AlreadyConnected unless a reconnect can help this vehicle."""
    if not vehicle.is_connectable:
        raise NotConnectable
    if not needs_repair(vehicle):
        raise AlreadyConnected
