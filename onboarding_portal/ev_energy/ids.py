"""The shapes of ev.energy's ids: four lower-case letters and a 26-character ULID.

The patterns are the API's own (`user[A-Z\\d]{26}` and so on), with the digits spelt out: `\\d` would let in
digits of other scripts. They are unanchored, as Django's URL converters want them.
"""

import re
from typing import Final

USER_ID_PATTERN: Final = "user[A-Z0-9]{26}"
VEHICLE_ID_PATTERN: Final = "vhcl[A-Z0-9]{26}"
MAKE_ID_PATTERN: Final = "vmak[A-Z0-9]{26}"
MODEL_ID_PATTERN: Final = "vmod[A-Z0-9]{26}"
TRIM_ID_PATTERN: Final = "trim[A-Z0-9]{26}"
SUPPLIER_ID_PATTERN: Final = "supl[A-Z0-9]{26}"
TARIFF_ID_PATTERN: Final = "tari[A-Z0-9]{26}"
SUB_SESSION_ID_PATTERN: Final = "csub[A-Z0-9]{26}"
ANY_PATTERN: Final = "[a-z]{4}[A-Z0-9]{26}"
ID_LENGTH: Final = 30


def is_user_id(value: str) -> bool:
    """Whether the whole of `value` is an owner's id at ev.energy."""
    return re.fullmatch(USER_ID_PATTERN, value) is not None


def is_vehicle_id(value: str) -> bool:
    """Whether the whole of `value` is a vehicle's id at ev.energy."""
    return re.fullmatch(VEHICLE_ID_PATTERN, value) is not None


def is_make_id(value: str) -> bool:
    """Whether the whole of `value` is a make's id at ev.energy."""
    return re.fullmatch(MAKE_ID_PATTERN, value) is not None


def is_model_id(value: str) -> bool:
    """Whether the whole of `value` is a model's id at ev.energy."""
    return re.fullmatch(MODEL_ID_PATTERN, value) is not None


def is_trim_id(value: str) -> bool:
    """Whether the whole of `value` is a trim's id at ev.energy."""
    return re.fullmatch(TRIM_ID_PATTERN, value) is not None


def is_supplier_id(value: str) -> bool:
    """Whether the whole of `value` is an energy supplier's id at ev.energy."""
    return re.fullmatch(SUPPLIER_ID_PATTERN, value) is not None


def is_tariff_id(value: str) -> bool:
    """Whether the whole of `value` is a tariff's id at ev.energy."""
    return re.fullmatch(TARIFF_ID_PATTERN, value) is not None
