"""What each event says: one model for each kind. The API's description has them, and every event is built by them.

Ids, times and states alone: who wants more asks the API. No address, no link.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from onboarding_portal.api.models import Journey, Outcome
from onboarding_portal.reconnects.models import CameBack, Failure, State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.vehicle_words import StaleReason


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OfOwner(Body):
    owner_id: str
    reference: str | None = Field(
        description="By which your systems know the owner, as given with a session."
    )


class OwnerCreated(OfOwner):
    """An owner is here for the first time: has signed in, or was handed over."""


class OwnerErased(OfOwner):
    """An owner was erased here with all that was held about them. Erase what you got from here, too."""


class OwnerMerged(OfOwner):
    """Two accounts of one person are one: what was the former owner's, with the cars, is this owner's."""

    former_owner_id: str


class OfVehicle(OfOwner):
    vehicle_id: str


class VehicleConnected(OfVehicle):
    """A car is seen with this owner for the first time, or again after it was removed.

    It may have been another owner's before.
    """

    make_id: str | None
    model_id: str | None
    integration: str = Field(description="ev.energy’s word for the state of the connection, such as ACTIVE.")


class VehicleStale(OfVehicle):
    """A car sends nothing, though it could. Sent again when more is known: another reason, or the cause."""

    make_id: str | None
    stale_since: datetime
    reason: StaleReason
    cause: Cause | None = Field(description="Why, as the car’s error logs tell; null until they were read.")
    signing_in_helps: Literal["yes", "maybe", "no"]


class VehicleRecovered(OfVehicle):
    """A car that was stale is not any more."""

    stale_since: datetime
    how: Literal["reconnected", "data", "cleared_by_staff"]


class VehicleGone(OfVehicle):
    """A car that was stale will not be repaired here: it is gone, switched off, or somebody else's."""

    stale_since: datetime
    how: Literal["removed", "switched_off", "changed_hands"]


class VehicleRemoved(OfVehicle):
    """ev.energy has the car no longer, or has it under somebody the portal does not know. It may come back."""


class OfReconnect(OfVehicle):
    reconnect_id: int
    state: State
    asked_by: Literal["owner", "staff", "policy", "api"]
    by_email: bool


class ReconnectAsked(OfReconnect):
    """A reconnect was begun: by its owner, by staff, by the policy or through the API."""


class ReconnectMailed(OfReconnect):
    """The owner was asked by e-mail."""


class ReconnectOpened(OfReconnect):
    """The owner has confirmed on the page of the e-mailed link."""


class ReconnectLeft(OfReconnect):
    """The owner is on the way to ev.energy and the manufacturer."""


class ReconnectReturned(OfReconnect):
    """The owner’s browser came back from there. What it said is a claim; `reconnect.back` is the proof."""

    claim: CameBack


class ReconnectBack(OfReconnect):
    """The car is back: data newer than the sign-in proves it."""


class ReconnectExpired(OfReconnect):
    """The link ran out, or no data came."""


class ReconnectFailed(OfReconnect):
    """The link could not be made or mailed."""

    failure: Failure | None


class ReconnectCancelled(OfReconnect):
    """Nobody is to be asked any more: the car came back by itself or is gone, or staff stopped it."""


class OfOutage(Body):
    outage_id: int
    make_id: str | None = Field(description="The make in trouble, or null where it is a middleman.")
    controller: str | None = Field(
        description="The middleman in trouble, by whose service cars of makes are read."
    )
    began_at: datetime


class MakeOutageStarted(OfOutage):
    """Many cars of a make broke at once: it is not their owners, and nobody is asked to sign in."""


class MakeOutageEnded(OfOutage):
    """That is over."""


class OfSession(OfOwner):
    session_id: str
    journey: Journey
    outcome: Outcome
    vehicle_id: str | None = Field(None, description="The car of a reconnect; null for a connect.")


class SessionPending(OfSession):
    """The owner has come back, and it is not known yet what came of it."""


class SessionConnected(OfSession):
    """The owner’s car is connected, or back."""


class SessionCancelled(OfSession):
    """The owner stopped, or nobody needs it any more."""


class SessionRefused(OfSession):
    """ev.energy or the manufacturer refused."""


class SessionExpired(OfSession):
    """It ran out before anything came of it."""


class EndpointTest(Body):
    """Sent by the button in the admin."""

    endpoint_id: int


KINDS: dict[str, type[Body]] = {
    "owner.created": OwnerCreated,
    "owner.merged": OwnerMerged,
    "owner.erased": OwnerErased,
    "vehicle.connected": VehicleConnected,
    "vehicle.stale": VehicleStale,
    "vehicle.recovered": VehicleRecovered,
    "vehicle.gone": VehicleGone,
    "vehicle.removed": VehicleRemoved,
    "reconnect.asked": ReconnectAsked,
    "reconnect.mailed": ReconnectMailed,
    "reconnect.opened": ReconnectOpened,
    "reconnect.left": ReconnectLeft,
    "reconnect.returned": ReconnectReturned,
    "reconnect.back": ReconnectBack,
    "reconnect.expired": ReconnectExpired,
    "reconnect.failed": ReconnectFailed,
    "reconnect.cancelled": ReconnectCancelled,
    "make.outage.started": MakeOutageStarted,
    "make.outage.ended": MakeOutageEnded,
    "session.pending": SessionPending,
    "session.connected": SessionConnected,
    "session.cancelled": SessionCancelled,
    "session.refused": SessionRefused,
    "session.expired": SessionExpired,
    "endpoint.test": EndpointTest,
}


def data_of(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The body's `data` as JSON. Raises pydantic's ValidationError for values that are not the kind's."""
    return KINDS[kind].model_validate(dict(values)).model_dump(mode="json")


def whole_bodies() -> dict[str, type[BaseModel]]:
    """What is sent, by kind: the type, when it happened, and the data."""
    return {kind: _whole(kind, model) for kind, model in KINDS.items()}


def _whole(kind: str, model: type[Body]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "type": (str, Field(json_schema_extra={"const": kind})),
        "timestamp": (datetime, Field(description="When it happened.")),
        "data": (model, Field()),
    }
    whole: type[BaseModel] = create_model(
        f"{model.__name__}Event", __config__=ConfigDict(extra="forbid"), __doc__=model.__doc__, **fields
    )
    return whole
