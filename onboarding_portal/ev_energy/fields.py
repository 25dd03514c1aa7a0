"""Reads fields out of parsed JSON, and says exactly which one was missing or wrong.

A message names the field, never its value: values can be reconnect links or e-mail addresses.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from onboarding_portal.ev_energy.errors import BadResponse

_MISSING = object()

T = TypeVar("T")


class Fields:
    """One JSON object, and the path that leads to it (`[3].trim`)."""

    def __init__(self, value: object, *, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise wrong(path, "an object")
        self.values: Mapping[str, Any] = value
        self.path = path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def has_object(self, name: str) -> bool:
        """Whether a reference was expanded into the object it stands for."""
        return isinstance(self.values.get(name), Mapping)

    def object(self, name: str) -> "Fields":
        return Fields(self._required(name), path=self.at(name))

    def text(self, name: str) -> str:
        return self._typed(name, str, "a string")

    def optional_text(self, name: str) -> str | None:
        return None if self._absent(name) else self.text(name)

    def flag(self, name: str) -> bool:
        return self._typed(name, bool, "true or false")

    def optional_flag(self, name: str) -> bool | None:
        return None if self._absent(name) else self.flag(name)

    def optional_integer(self, name: str) -> int | None:
        if self._absent(name):
            return None
        value = self.values[name]
        # JSON knows one kind of number: 70.0 is the integer 70. In Python, True is an integer too.
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(self.at(name), "a whole number")
        return value

    def moment(self, name: str) -> datetime:
        """An aware UTC time."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise wrong(self.at(name), "a time with its zone")
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise wrong(self.at(name), "an ISO 8601 time") from None

    def optional_moment(self, name: str) -> datetime | None:
        return None if self._absent(name) else self.moment(name)

    def id(self, name: str, *, pattern: str) -> str:
        value = self.text(name)
        if re.fullmatch(pattern, value) is None:
            raise wrong(self.at(name), "an id of the right shape")
        return value

    def reference_id(self, name: str, *, pattern: str) -> str:
        """The id at the end of a reference's URL, or in the object it was expanded to."""
        if self.has_object(name):
            return self.object(name).id("id", pattern=pattern)
        try:
            path = urlsplit(self.text(name)).path
        except ValueError:
            path = ""
        found = re.search(f"{pattern}$", path.rstrip("/"))
        if found is None:
            raise wrong(self.at(name), "a reference")
        return found.group()

    def optional_reference_id(self, name: str, *, pattern: str) -> str | None:
        return None if self._absent(name) else self.reference_id(name, pattern=pattern)

    def _absent(self, name: str) -> bool:
        return self.values.get(name) is None

    def _required(self, name: str) -> Any:
        value = self.values.get(name, _MISSING)
        if value is _MISSING:
            raise BadResponse(f"{self.at(name)} is missing.", field=self.at(name))
        return value

    def _typed(self, name: str, kind: type[T], expected: str) -> T:
        value = self._required(name)
        if not isinstance(value, kind):
            raise wrong(self.at(name), expected)
        return value


def wrong(path: str, expected: str) -> BadResponse:
    """The error for a field that is there and is not what the contract says."""
    return BadResponse(f"{path or 'The answer'} is not {expected}.", field=path)


def parse_list(value: object, parse: Callable[[Fields], T]) -> tuple[T, ...]:
    """Each entry of a bare JSON array, parsed. One broken entry is a BadResponse that names its index."""
    if not isinstance(value, list):
        raise wrong("", "a list")
    return tuple(parse(Fields(entry, path=f"[{index}]")) for index, entry in enumerate(value))
