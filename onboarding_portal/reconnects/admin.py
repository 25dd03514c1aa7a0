"""For Django's autodiscovery: what staff see is in the room `staff`."""

from onboarding_portal.reconnects.policy.admin import PolicyVersionAdmin
from onboarding_portal.reconnects.policy.survival_admin import MakeSurvivalAdmin
from onboarding_portal.reconnects.staff.batch_admin import BatchAdmin
from onboarding_portal.reconnects.staff.reconnect_admin import ReconnectAdmin
from onboarding_portal.reconnects.staff.unstable_admin import UnstableVehicleAdmin
from onboarding_portal.reconnects.staff.vehicle_admin import ReconnectingVehicleAdmin

__all__ = [
    "BatchAdmin",
    "MakeSurvivalAdmin",
    "PolicyVersionAdmin",
    "ReconnectAdmin",
    "ReconnectingVehicleAdmin",
    "UnstableVehicleAdmin",
]
