"""What the API takes and gives. Times are UTC; a field that is not known is null, never left out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from onboarding_portal.api.models import Journey, Outcome
from onboarding_portal.ev_energy import ids
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.vehicle_words import Integration, StaleReason

VehicleId = Annotated[
    str,
    StringConstraints(pattern=f"^{ids.VEHICLE_ID_PATTERN}$"),
    Field(examples=["vhcl01HXA4WK7N0Q8R2T4V6X8Z0B2D"]),
]
UserId = Annotated[
    str,
    StringConstraints(pattern=f"^{ids.USER_ID_PATTERN}$"),
    Field(examples=["user01HXA4WK7N0Q8R2T4V6X8Z0B2D"]),
]
MakeId = Annotated[
    str,
    StringConstraints(pattern=f"^{ids.MAKE_ID_PATTERN}$"),
    Field(examples=["vmak01HXA4WK7N0Q8R2T4V6X8Z0B2D"]),
]
ModelId = Annotated[
    str,
    StringConstraints(pattern=f"^{ids.MODEL_ID_PATTERN}$"),
    Field(examples=["vmod01HXA4WK7N0Q8R2T4V6X8Z0B2D"]),
]
TrimId = Annotated[
    str,
    StringConstraints(pattern=f"^{ids.TRIM_ID_PATTERN}$"),
    Field(examples=["trim01HXA4WK7N0Q8R2T4V6X8Z0B2D"]),
]

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


# What the company's systems hand in

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]


Address = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^\x00-\x20@]+@[^\x00-\x20@]+$")
]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class NewSession(Given):
    email: Address | None = Field(
        None, examples=["anna@example.com"], description="The owner’s address; or ev_energy_user_id."
    )
    ev_energy_user_id: UserId | None = Field(None, description="The owner’s id at ev.energy; or email.")
    journey: Journey
    make_id: MakeId | None = Field(None, description="The make, if the owner has chosen it on your site.")
    model_id: ModelId | None = Field(None, description="The model, with its make.")
    trim_id: TrimId | None = Field(None, description="The trim, with its make and model.")
    vehicle_id: VehicleId | None = Field(None, description="The car to reconnect.")
    return_url: Text = Field(
        min_length=8,
        max_length=2000,
        examples=["https://www.example.com/my-car"],
        description="Where the owner goes afterwards: https, on a site the key allows.",
    )
    language: Language | None = Field(
        None, examples=["de"], description="What your page speaks; the browser’s language if we do not."
    )
    reference: Annotated[Text, StringConstraints(max_length=100)] | None = Field(
        None, examples=["customer 4711"], description="Your word for the owner, given back. No address."
    )


class MadeSession(Schema):
    id: UUID
    url: str = Field(description="A secret, for the owner’s browser alone.")
    expires_at: datetime
    owner_id: str


class Session(Schema):
    id: UUID
    journey: Journey
    outcome: Outcome
    outcome_at: datetime = Field(description="Since when the outcome is this one.")
    reference: str | None
    owner_id: str
    ev_energy_user_id: str | None
    vehicle_ids: list[str] = Field(description="The cars that were connected, or the one to reconnect.")
    reconnect_ids: list[int]
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    went_back_at: datetime | None


class NewReconnect(Given):
    vehicle_id: VehicleId
    deliver: Literal["email", "link"] = Field(description="Who sends it: the portal, or you with a link.")


class AskedReconnect(Schema):
    reconnect: Reconnect
    link: str | None = Field(description="A secret for this owner alone. In this answer only.")
    link_works_until: datetime | None
