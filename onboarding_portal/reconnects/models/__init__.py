"""The rows of reconnects, their states and their queries."""

from onboarding_portal.reconnects.models.batch import A_FEW, Batch, BatchKind
from onboarding_portal.reconnects.models.event import ReconnectEvent
from onboarding_portal.reconnects.models.helper_link import HelperLink, hash_helper_token
from onboarding_portal.reconnects.models.kinds import CameBack, Failure, Origin
from onboarding_portal.reconnects.models.lasting_link import LastingLink, hash_token, token_hashes
from onboarding_portal.reconnects.models.make_survival import AheadMail, MakeSurvival
from onboarding_portal.reconnects.models.many import CHUNK, chunks, move_all
from onboarding_portal.reconnects.models.policy import CAUSES, Arm, Policy, PolicyVersion, Trial
from onboarding_portal.reconnects.models.policy_choice import PolicyChoice, PolicyChoiceQuerySet
from onboarding_portal.reconnects.models.reconnect import (
    DETAIL_LENGTH,
    Leased,
    Reconnect,
    ReconnectQuerySet,
    WrongState,
    end_of_link,
)
from onboarding_portal.reconnects.models.states import FINAL_STATES, OPEN_STATES, State
from onboarding_portal.reconnects.models.unstable_vehicle import (
    UnstableVehicle,
    UnstableVehicleQuerySet,
    flag_unstable,
)

__all__ = [
    "A_FEW",
    "CAUSES",
    "CHUNK",
    "DETAIL_LENGTH",
    "FINAL_STATES",
    "OPEN_STATES",
    "AheadMail",
    "Arm",
    "Batch",
    "BatchKind",
    "CameBack",
    "Failure",
    "HelperLink",
    "LastingLink",
    "Leased",
    "MakeSurvival",
    "Origin",
    "Policy",
    "PolicyChoice",
    "PolicyChoiceQuerySet",
    "PolicyVersion",
    "Reconnect",
    "ReconnectEvent",
    "ReconnectQuerySet",
    "State",
    "Trial",
    "UnstableVehicle",
    "UnstableVehicleQuerySet",
    "WrongState",
    "chunks",
    "end_of_link",
    "flag_unstable",
    "hash_helper_token",
    "hash_token",
    "move_all",
    "token_hashes",
]
