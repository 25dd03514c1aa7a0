"""The rows of reconnects, their states and their queries."""

from onboarding_portal.reconnects.models.batch import Batch, BatchKind
from onboarding_portal.reconnects.models.event import ReconnectEvent
from onboarding_portal.reconnects.models.lasting_link import LastingLink, hash_token
from onboarding_portal.reconnects.models.reconnect import (
    CHUNK,
    DETAIL_LENGTH,
    CameBack,
    Failure,
    Leased,
    Origin,
    Reconnect,
    ReconnectQuerySet,
    WrongState,
    chunks,
    end_of_link,
    move_all,
)
from onboarding_portal.reconnects.models.states import FINAL_STATES, OPEN_STATES, State
from onboarding_portal.reconnects.models.unstable_vehicle import (
    UnstableVehicle,
    UnstableVehicleQuerySet,
    flag_unstable,
)

__all__ = [
    "CHUNK",
    "DETAIL_LENGTH",
    "FINAL_STATES",
    "OPEN_STATES",
    "Batch",
    "BatchKind",
    "CameBack",
    "Failure",
    "LastingLink",
    "Leased",
    "Origin",
    "Reconnect",
    "ReconnectEvent",
    "ReconnectQuerySet",
    "State",
    "UnstableVehicle",
    "UnstableVehicleQuerySet",
    "WrongState",
    "chunks",
    "end_of_link",
    "flag_unstable",
    "hash_token",
    "move_all",
]
