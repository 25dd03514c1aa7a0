"""What ev.energy's v2 API hands out, as frozen dataclasses. JSON ends here.

Unknown fields are ignored, so that ev.energy may add some. A field that is required by the contract or
that the portal cannot do without raises BadResponse when it is missing or wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlsplit

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.ev_energy.fields import Fields, wrong
from onboarding_portal.ev_energy.logs import CommandLog, ErrorLog, StatusLog

__all__ = [
    "CommandLog",
    "Compatibility",
    "ErrorLog",
    "Integration",
    "Make",
    "Model",
    "Page",
    "ReconnectLink",
    "StatusLog",
    "Trim",
    "User",
    "Vehicle",
    "WaitlistEntry",
]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list; `next_cursor` is the `page_after` of the next, None on the last.

    `previous_cursor` is the `page_before` of the page before it, None on the first.
    """

    items: tuple[T_co, ...]
    next_cursor: str | None
    previous_cursor: str | None = None


class Integration(StrEnum):
    """ev.energy's `integrated`: INACTIVE was connected once, and its owner must reconnect it."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    UNINTEGRATED = "UNINTEGRATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An owner at ev.energy. `email` is "" where ev.energy has none."""

    user_id: str
    email: str

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            user_id=fields.id("id", pattern=ids.USER_ID_PATTERN), email=fields.optional_text("email") or ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """`onboardable`: the make alone is enough. `subscription_*`: the paid service the owner needs."""

    make_id: str
    name: str
    icon_url: str | None
    subscription_name: str | None
    subscription_package: str | None
    onboardable: bool

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            make_id=fields.id("id", pattern=ids.MAKE_ID_PATTERN),
            name=fields.text("name"),
            icon_url=fields.optional_text("icon"),
            subscription_name=fields.optional_text("subscription_name"),
            subscription_package=fields.optional_text("subscription_package"),
            onboardable=fields.optional_text("onboarding_url") is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`onboardable`: the model is enough to start; if not, a trim has to be picked."""

    model_id: str
    make_id: str
    name: str
    onboardable: bool

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            model_id=fields.id("id", pattern=ids.MODEL_ID_PATTERN),
            make_id=fields.reference_id("make", pattern=ids.MAKE_ID_PATTERN),
            name=fields.text("name"),
            # Not among the contract's required fields: missing says the same as null.
            onboardable=fields.optional_text("onboarding_url") is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """`onboardable` is False where ev.energy cannot connect this car at all."""

    trim_id: str
    model_id: str
    name: str
    battery_size_wh: int | None
    onboardable: bool

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            trim_id=fields.id("id", pattern=ids.TRIM_ID_PATTERN),
            model_id=fields.reference_id("model", pattern=ids.MODEL_ID_PATTERN),
            name=fields.text("name"),
            battery_size_wh=fields.optional_integer("battery_size_watt_hours"),
            onboardable=fields.optional_text("onboarding_url") is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A car and its owner. `trim`, `model`, `make` and `user_email` are None unless they came expanded."""

    vehicle_id: str
    user_id: str
    user_email: str | None
    integration: Integration
    is_disabled: bool
    description: str
    trim_id: str | None
    trim: Trim | None
    model: Model | None
    make: Make | None
    latest_status: StatusLog | None
    battery_size_wh: int | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        trim = fields.object("trim") if fields.has_object("trim") else None
        model = trim.object("model") if trim and trim.has_object("model") else None
        make = model.object("make") if model and model.has_object("make") else None
        has_status = fields.has_object("latest_status_log")
        return cls(
            vehicle_id=fields.id("id", pattern=ids.VEHICLE_ID_PATTERN),
            user_id=fields.reference_id("user", pattern=ids.USER_ID_PATTERN),
            user_email=User.from_json(fields.object("user")).email if fields.has_object("user") else None,
            integration=_integration(fields),
            is_disabled=fields.flag("disabled"),
            description=fields.text("description"),
            trim_id=fields.optional_reference_id("trim", pattern=ids.TRIM_ID_PATTERN),
            trim=Trim.from_json(trim) if trim else None,
            model=Model.from_json(model) if model else None,
            make=Make.from_json(make) if make else None,
            latest_status=StatusLog.from_json(fields.object("latest_status_log")) if has_status else None,
            battery_size_wh=fields.optional_integer("battery_size_watt_hours"),
            raw=fields.values,
        )


def _integration(fields: Fields) -> Integration:
    try:
        return Integration(fields.text("integrated"))
    except ValueError:
        raise wrong(fields.at("integrated"), "a known state") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectLink:
    """Where the owner signs in again. The URL is a secret: whoever has it can act as the owner there.

    `expires_at` is None where ev.energy did not say; such a link is good for one redirect, now.
    """

    url: str = field(repr=False)
    expires_at: datetime | None

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        url = fields.text("url")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise wrong(fields.at("url"), "a URL") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise wrong(fields.at("url"), "an absolute URL")
        # The schema calls it expires_at, the documented examples expiry.
        name = "expires_at" if fields.values.get("expires_at") is not None else "expiry"
        try:
            expires_at = fields.optional_moment(name)
        except BadResponse:
            expires_at = None  # the link is good whatever is said about its end
        # The first and the last days of the calendar are how programs write "not set" and "never".
        is_stated = expires_at is not None and 2000 <= expires_at.year < 9000
        return cls(url=url, expires_at=expires_at if is_stated else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """Whether a model works in a country. Rank 1 is the most recommended make, None is unranked."""

    compatible: bool
    recommendation_rank: int | None

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(
            compatible=fields.flag("compatible"),
            recommendation_rank=fields.optional_integer("recommendation_rank"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistEntry:
    """ev.energy will write to the owner when the car can be connected."""

    waitlist_id: str

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(waitlist_id=fields.text("id"))
