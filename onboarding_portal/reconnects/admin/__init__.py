"""What staff see and do: reconnects, batches, vehicles that need them, and actions on the list of vehicles."""

from onboarding_portal.reconnects.admin.batches import BatchAdmin
from onboarding_portal.reconnects.admin.reconnects import ReconnectAdmin
from onboarding_portal.reconnects.admin.unstable import UnstableVehicleAdmin
from onboarding_portal.reconnects.admin.vehicles import ReconnectingVehicleAdmin

__all__ = ["BatchAdmin", "ReconnectAdmin", "ReconnectingVehicleAdmin", "UnstableVehicleAdmin"]
