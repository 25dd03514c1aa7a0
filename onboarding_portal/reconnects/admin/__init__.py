"""What staff see and do: reconnects, batches, vehicles that need them, and actions on the list of vehicles."""

from .batches import BatchAdmin
from .reconnects import ReconnectAdmin
from .unstable import UnstableVehicleAdmin
from .vehicles import ReconnectingVehicleAdmin

__all__ = ["BatchAdmin", "ReconnectAdmin", "ReconnectingVehicleAdmin", "UnstableVehicleAdmin"]
