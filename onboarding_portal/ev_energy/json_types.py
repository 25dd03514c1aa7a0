"""Types that read ev.energy's JSON tolerantly, for pydantic: what cannot be read is "not known", None or an
empty text.

What a resource cannot do without has a strict type, as its id: anything else there makes the resource unreadable.
Errors name the field, never its value: values can be reconnect links or e-mail addresses.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.ev_energy.times import read_moment

logger = logging.getLogger(__name__)

# Programs write "not set" and "never" as the ends of the calendar; other times beyond these are a clock's error.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LARGEST_NUMBER = 2**53  # beyond it JSON's numbers are not exact, and no car says so much


class Resource(BaseModel):
    """An object of ev.energy's, of which only the declared fields are read."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class RawResource(Resource):
    """One that also keeps the whole object as it came, for staff."""

    raw: Mapping[str, Any] = Field(repr=False)

    @model_validator(mode="before")
    @classmethod
    def _keep_raw(cls, values: Any) -> Any:
        return {**values, "raw": values} if isinstance(values, Mapping) else values


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that was left out of a list: its id, "" where it has none, and the field that cannot be read."""

    entry_id: str
    field: str


R = TypeVar("R", bound=Resource)


def parse(kind: type[R], value: object) -> R:
    """The resource. Raises BadResponse."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        field = _field(error)
    # Raised out here: pydantic's error would go along into tracebacks.
    raise BadResponse(f"{field or 'The answer'} is missing or cannot be read.", field=field)


def parse_list(kind: type[R], value: object) -> tuple[tuple[R, ...], tuple[Unreadable, ...]]:
    """The entries of a bare array, and those left out of it. Raises BadResponse if it is no array.

    Fields that were taken as not known are logged, a line for the whole list: it may be all cars that say
    something new.
    """
    if not isinstance(value, list):
        raise BadResponse("The answer is not a list.")
    entries, unreadable = [], []
    not_known: dict[str, str] = {}
    for entry in value:
        odd: list[str] = []
        try:
            entries.append(kind.model_validate(entry, context=odd))
        except ValidationError as error:
            unreadable.append(Unreadable(entry_id=_id(entry), field=_field(error)))
        for field in odd:
            not_known.setdefault(field, _id(entry))
    for left_out in unreadable:
        facts = kind.__name__, left_out.entry_id or "without an id", left_out.field or "it is no object"
        logger.warning("ev.energy sent a %s that cannot be read: %s, %s", *facts)
    if not_known:
        logger.warning("ev.energy sent fields of a %s that are not understood: %s", kind.__name__, not_known)
    return tuple(entries), tuple(unreadable)


def _field(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])


def _id(entry: object) -> str:
    value = entry.get("id") if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) and re.fullmatch(ids.ANY_PATTERN, value) else ""


def _or_not_known(value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    if value is None:
        return None
    try:
        return read(value)
    except ValidationError:
        if isinstance(info.context, list):
            info.context.append(info.field_name)
        return None


def whole_number(value: Any) -> int:
    """The number, for pydantic: JSON knows one kind of number: 70.0 is 70, and 70.5 is as good as 70."""
    number = round(float(value)) if isinstance(value, str | float) else value
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) > LARGEST_NUMBER:
        raise ValueError
    return number


def _text(value: Any) -> str:
    """A model's name may come as the number 500."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError  # noqa: TRY004  pydantic takes no other
    return str(value)


def _moment(value: Any) -> datetime:
    moment = read_moment(value) if isinstance(value, str) else EARLIEST
    if not EARLIEST < moment < LATEST:
        raise ValueError
    return moment


def _or_empty(value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    known = _or_not_known(value, read, info)
    return "" if known is None else known


OrNotKnown = WrapValidator(_or_not_known)
WholeNumber = Annotated[int | None, BeforeValidator(whole_number), OrNotKnown]
Text = Annotated[str, BeforeValidator(_text), WrapValidator(_or_empty)]
Flag = Annotated[bool | None, OrNotKnown]
Moment = Annotated[datetime, BeforeValidator(_moment)]


def id_of(pattern: str) -> BeforeValidator:
    """The id itself, the object it is of, or an address that ends in it."""

    def read(value: Any) -> str:
        if isinstance(value, Mapping):
            value = value.get("id")
        path = urlsplit(value).path.rstrip("/") if isinstance(value, str) else ""
        found = re.search(rf"(?:^|[/_]){pattern}$", path)
        if found is None:
            raise ValueError("No id of this shape.")
        return found.group().lstrip("/_")

    return BeforeValidator(read)


UserId = Annotated[str, id_of(ids.USER_ID_PATTERN)]
VehicleId = Annotated[str, id_of(ids.VEHICLE_ID_PATTERN)]
MakeId = Annotated[str, id_of(ids.MAKE_ID_PATTERN)]
ModelId = Annotated[str, id_of(ids.MODEL_ID_PATTERN)]
TrimId = Annotated[str, id_of(ids.TRIM_ID_PATTERN)]
SupplierId = Annotated[str, id_of(ids.SUPPLIER_ID_PATTERN)]
TariffId = Annotated[str, id_of(ids.TARIFF_ID_PATTERN)]
SubSessionId = Annotated[str, id_of(ids.SUB_SESSION_ID_PATTERN)]
