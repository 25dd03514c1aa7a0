"""What ev.energy's v2 API hands out. JSON ends here.

Only what somebody uses is declared. A strict field (an id, a log's time) is one the portal cannot do without;
any other is None or empty where ev.energy does not say, or says what nobody can read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasPath, Field, model_validator

from onboarding_portal.ev_energy.json_types import (
    Flag,
    MakeId,
    ModelId,
    Moment,
    OrNotKnown,
    RawResource,
    Resource,
    Text,
    TrimId,
    Unreadable,
    UserId,
    VehicleId,
    WholeNumber,
)

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list; `next_cursor` is the `page_after` of the next, None on the last.

    `previous_cursor` is the `page_before` of the page before it, None on the first. `unreadable` are the entries
    left out of `items`.
    """

    items: tuple[T_co, ...]
    next_cursor: str | None
    previous_cursor: str | None = None
    unreadable: tuple[Unreadable, ...] = ()


class User(Resource):
    """An owner at ev.energy. `email` is "" where ev.energy has none."""

    user_id: UserId = Field(validation_alias="id")
    email: Text = Field("", repr=False)


class Onboardable(Resource):
    """Part of a pick that may be enough to start with: it is if ev.energy gives an address for it."""

    name: Text = ""
    onboarding_url: Text = ""

    @property
    def onboardable(self) -> bool:
        return bool(self.onboarding_url)


class Make(Onboardable):
    """`subscription_name`: the paid service the owner needs."""

    make_id: MakeId = Field(validation_alias="id")
    icon_url: Text = Field("", validation_alias="icon")
    subscription_name: Text = ""


class Model(Onboardable):
    """If it is not enough to start, a trim has to be picked."""

    model_id: ModelId = Field(validation_alias="id")
    make_id: MakeId = Field(validation_alias="make")


class Trim(Onboardable):
    """One that is not onboardable cannot be connected at all."""

    trim_id: TrimId = Field(validation_alias="id")
    model_id: ModelId = Field(validation_alias="model")
    battery_size_wh: WholeNumber = Field(None, validation_alias="battery_size_watt_hours")


class Log(RawResource):
    """What all logs have. ev.energy may add words to its enumerations, so those stay texts."""

    vehicle_id: Annotated[VehicleId | None, OrNotKnown] = Field(None, validation_alias="vehicle")
    # "" unless the vehicle was expanded.
    vehicle_description: Text = Field("", validation_alias=AliasPath("vehicle", "description"))


class StatusLog(Log):
    """What the car said at `sampled_at`; None is "the car did not say"."""

    sampled_at: Moment
    logged_at: Annotated[Moment | None, OrNotKnown] = None
    state_of_charge_percentage: WholeNumber = None
    is_charging: Flag = None
    is_plugged_in: Flag = None
    is_complete: Flag = None
    state: Text = ""
    odometer_m: WholeNumber = Field(None, validation_alias="odometer_meters")
    charge_rate_w: WholeNumber = Field(None, validation_alias="charge_rate_watts")
    estimated_charge_rate_w: WholeNumber = Field(None, validation_alias="estimated_charge_rate_watts")
    charge_level_wh: WholeNumber = Field(None, validation_alias="charge_level_watt_hours")
    target_charge_level_percentage: WholeNumber = None
    target_charge_level_wh: WholeNumber = Field(None, validation_alias="target_charge_level_watt_hours")
    charge_energy_added_wh: WholeNumber = Field(None, validation_alias="charge_energy_added_watt_hours")
    minutes_to_full_charge: WholeNumber = None
    current_type: Text = ""
    data_source: Text = ""


class ErrorLog(Log):
    """A call to the manufacturer's service that failed at `logged_at`."""

    logged_at: Moment
    status_code: WholeNumber = None
    controller: Text = ""
    error_code: Text = ""
    error_type: Text = ""
    error_detail: Text = ""
    command: Text = ""
    request_id: Text = ""
    internal_command_id: Text = ""


class CommandLog(Log):
    """A command sent to the car at `logged_at`; `internal_command_id` links it to the errors it caused."""

    logged_at: Moment
    command: Text = ""
    external_command_id: Text = ""
    current_milliamps: WholeNumber = None
    internal_command_id: Text = ""


class Vehicle(Resource):
    """A car and its owner. `latest_status` is there only if it came expanded.

    `integration` is the word as it came: ACTIVE, INACTIVE (was connected, its owner must reconnect it),
    UNINTEGRATED, or one that is new.
    """

    vehicle_id: VehicleId = Field(validation_alias="id")
    user_id: UserId = Field(validation_alias="user")
    integration: Text = Field("", validation_alias="integrated")
    is_disabled: Flag = Field(None, validation_alias="disabled")
    is_smart_charging_on: Flag = Field(None, validation_alias="smart_charging_enabled")
    description: Text = ""
    trim_id: Annotated[TrimId | None, OrNotKnown] = Field(None, validation_alias="trim")
    model_id: Annotated[ModelId | None, OrNotKnown] = Field(None, validation_alias=AliasPath("trim", "model"))
    make_id: Annotated[MakeId | None, OrNotKnown] = Field(
        None, validation_alias=AliasPath("trim", "model", "make")
    )
    latest_status: Annotated[StatusLog | None, OrNotKnown] = Field(None, validation_alias="latest_status_log")


def _absolute(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("Not an absolute address.")
    return url


class ReconnectLink(Resource):
    """Where the owner signs in again. The URL is a secret: whoever has it can act as the owner there.

    `expires_at` is None where ev.energy did not say; such a link is good for one redirect, now.
    """

    url: Annotated[str, AfterValidator(_absolute)] = Field(repr=False)
    expires_at: Annotated[Moment | None, OrNotKnown] = None

    @model_validator(mode="before")
    @classmethod
    def _either_name(cls, values: Any) -> Any:
        """The schema calls it expires_at, the documented examples expiry."""
        if isinstance(values, Mapping) and values.get("expires_at") is None:
            return {**values, "expires_at": values.get("expiry")}
        return values


class Compatibility(Resource):
    """Whether a model works in a country. Rank 1 is the most recommended make, None is unranked."""

    compatible: Flag = None
    recommendation_rank: WholeNumber = None
