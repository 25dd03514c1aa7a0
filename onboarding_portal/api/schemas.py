"""What the API takes and gives. Times are UTC; a field that is not known is null, never left out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from onboarding_portal.ev_energy import ids
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.vehicle_words import Integration, StaleReason


def _id(pattern: str, example: str) -> Any:
    return Annotated[str, StringConstraints(pattern=f"^{pattern}$"), Field(examples=[example])]


VehicleId = _id(ids.VEHICLE_ID_PATTERN, "vhcl01HXA4WK7N0Q8R2T4V6X8Z0B2D")
UserId = _id(ids.USER_ID_PATTERN, "user01HXA4WK7N0Q8R2T4V6X8Z0B2D")
MakeId = _id(ids.MAKE_ID_PATTERN, "vmak01HXA4WK7N0Q8R2T4V6X8Z0B2D")
ModelId = _id(ids.MODEL_ID_PATTERN, "vmod01HXA4WK7N0Q8R2T4V6X8Z0B2D")
TrimId = _id(ids.TRIM_ID_PATTERN, "trim01HXA4WK7N0Q8R2T4V6X8Z0B2D")

# A cursor of an earlier page; what is none of ours is told with 422.
Cursor = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")]


class Given(Schema):
    """A body: a field that is not known is told, not left out of account."""

    model_config = ConfigDict(extra="forbid")


class Named(Schema):
    """A make, a model or a trim of the catalogue."""

    id: str
    name: str


class Stale(Schema):
    """The car sends nothing, though it could."""

    since: datetime = Field(description="When the portal found out.")
    reason: StaleReason
    cause: Cause | None = Field(description="Why, as the car’s error logs tell; null until they were read.")
    signing_in_helps: Literal["yes", "maybe", "no"] = Field(
        description="Whether it helps that the owner signs in with the manufacturer again."
    )


class Reconnect(Schema):
    """One repair of one car, from its start to its end."""

    id: int
    vehicle_id: str
    state: State
    asked_by: Literal["owner", "staff", "policy", "api"]
    asked_at: datetime
    emailed_at: datetime | None
    opened_at: datetime | None
    left_at: datetime | None = Field(description="When the owner was sent to ev.energy.")
    back_at: datetime | None = Field(description="When the owner’s browser came back from there.")
    reconnected_at: datetime | None = Field(description="When data had come again: the proof that it worked.")
    ended_at: datetime | None


class Vehicle(Schema):
    id: str
    owner_id: str
    ev_energy_user_id: str | None
    make: Named | None
    model: Named | None
    trim: Named | None
    integration: Integration = Field(description="ev.energy’s word for the state of the connection.")
    is_switched_off: bool = Field(description="Whether the car is switched off at ev.energy.")
    connected_at: datetime = Field(description="When the portal first saw it with this owner.")
    last_data_at: datetime | None
    read_at: datetime = Field(description="When the portal last read it from ev.energy.")
    stale: Stale | None = Field(description="null while the car sends data.")
    open_reconnect: Reconnect | None
    last_repaired_at: datetime | None


class VehiclePage(Schema):
    data: list[Vehicle]
    next_cursor: str | None = Field(description="For the next page, as ?cursor=…; null on the last.")


class ReconnectPage(Schema):
    data: list[Reconnect]
    next_cursor: str | None = Field(description="For the next page, as ?cursor=…; null on the last.")


class Owner(Schema):
    id: str
    ev_energy_user_id: str | None
    joined_at: datetime
    may_be_emailed: bool = Field(description="False while the desk has paused all mail to the owner.")
    wants_reminders: bool
    vehicle_ids: list[str]
    stale_vehicle_ids: list[str]
