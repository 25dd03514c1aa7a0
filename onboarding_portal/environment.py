"""The environment as the settings read it: an empty line means the default, a wrong word stops the start.

Taking a misspelt "true" for "false" could switch a safety off, so nothing is guessed. A value may stand in quotes
and have spaces around it, as some platforms and files leave them; everything else in it is taken as it stands.
Every problem is one line that names the setting and what to do, and never shows the value, which may be a secret.
"""

import io
import os
import re
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from onboarding_portal.brand.colours import NoColour, colour
from onboarding_portal.brand.contact import Hours, read_hours, read_phone
from onboarding_portal.service_urls import CannotBeRead, cache_settings, database_settings, mail_settings
from onboarding_portal.web_addresses import host_in_ascii, normal_address, origin, public_page, secure_address

T = TypeVar("T")
Text = str  # a method below has the name of the type

WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
# Line breaks and other controls, and what Python makes of bytes that are not UTF-8.
GOES_ON = "...\n..."
UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class SettingsRefused(ImproperlyConfigured):
    """Settings with which nothing may start; each line of the message is one problem and its remedy."""


def variables() -> dict[str, str]:
    values = {name: _bare(value) for name, value in os.environ.items()}
    return {name: value for name, value in values.items() if value}


def _bare(value: str) -> str:
    """The value without spaces around it, and without the quotes in which some platforms hand it over."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].strip()
    return value


class Environment:
    """Variables of the process, then those of the file. What is wrong is collected until `refuse_if_wrong`."""

    def __init__(self, *, file: Path) -> None:
        self.problems = list(_read(file))
        self.values = variables()

    def refuse_if_wrong(self) -> None:
        """Raises SettingsRefused with every problem found so far."""
        if self.problems:
            raise SettingsRefused("\n".join(dict.fromkeys(self.problems)))

    def need(self, names: Sequence[Text]) -> None:
        missing = [name for name in names if name not in self.values]
        if missing:
            self.problems.append(
                f"Set {', '.join(missing)} in the environment or in .env (see .env.example). "
                "To try the portal without any settings: manage.py demo"
            )

    def str(self, name: Text, *, default: Text = "") -> Text:
        value = self.values.get(name)
        if value is not None and UNREADABLE.search(value):
            self.problems.append(
                f"{name} has a line break, or a character that is not UTF-8. Set {name} anew."
            )
            return default
        return default if value is None else value

    def list(self, name: Text, *, default: Sequence[Text] = ()) -> Sequence[Text]:
        """The entries, which stand between commas or spaces."""
        return re.split(r"[,\s]+", self.str(name).strip(", ")) if self.str(name) else [*default]

    def hosts(self, name: Text, *, default: Sequence[Text]) -> Sequence[Text]:
        return self._read(name, [*default], lambda text: [host_in_ascii(host) for host in self.list(name)])

    def address(self, name: Text) -> Text:
        """A web address with scheme and host as everybody writes them; "" if it is none."""
        return self._read(name, "", normal_address)

    def origin(self, name: Text) -> Text:
        """The same for an address that is a scheme and a host alone."""
        return self._read(name, "", origin)

    def webhook(self, name: Text) -> Text:
        """A web address with https, which may have a query; "" if it is none."""
        return self._read(name, "", secure_address)

    def link(self, name: Text) -> Text:
        """The https address of a page, all of it; "" if it is none."""
        return self._read(name, "", public_page)

    def database(self, name: Text, *, default: Text) -> dict[Text, Any]:
        return self._read(name, database_settings(default), database_settings)

    def cache(self, name: Text, *, default: Text) -> dict[Text, Any]:
        return self._read(name, cache_settings(default), cache_settings)

    def mail(self, name: Text, *, default: Text) -> dict[Text, Any]:
        return self._read(name, mail_settings(default), mail_settings)

    def yes_or_no(self, name: Text, *, default: bool) -> bool:
        return self._read(name, default, _yes_or_no)

    def one_of(self, name: Text, choices: Sequence[Text], *, default: Text) -> Text:
        """One of the words, in upper case or lower case as `choices` has it."""
        by_lower = {choice.lower(): choice for choice in choices}

        def choose(text: Text) -> Text:
            if text.lower() not in by_lower:
                raise CannotBeRead(f"is none of {', '.join(choices)}. Set it to one of them.")
            return by_lower[text.lower()]

        return self._read(name, default, choose)

    def some_of(self, name: Text, choices: Sequence[Text], *, default: Sequence[Text]) -> Sequence[Text]:
        """Those of the words that are named, in any case and order; empty for `none`."""

        def choose(text: Text) -> Sequence[Text]:
            named = [] if text.strip().lower() == "none" else [each.lower() for each in self.list(name)]
            if not {*named} <= {*choices}:
                raise CannotBeRead(
                    f"has more than {', '.join(choices)} in it. Set it to some of them, or to none."
                )
            return [choice for choice in choices if choice in named]

        return self._read(name, [*default], choose)

    def whole_number(self, name: Text, *, default: int, between: tuple[int, int] | None = None) -> int:
        kind = "a whole number" + (f" from {between[0]} to {between[1]}" if between else "")

        def read(text: Text) -> int:
            number = _number(text, int, kind)
            if between and not between[0] <= number <= between[1]:
                raise CannotBeRead(f"is not {kind}. Set it to {kind}, or leave it empty.")
            return number

        return self._read(name, default, read)

    def number(self, name: Text, *, default: float) -> float:
        return self._read(name, default, lambda text: _number(text, float, "a number"))

    def hours(self, name: Text, *, default: tuple[int, int]) -> tuple[int, int]:
        """The first hour of a day and the one it ends before, such as 8-20."""
        return self._read(name, default, _hours)

    def time_zone(self, name: Text, *, default: Text) -> Text:
        return self._read(name, default, _time_zone)

    def colour(self, name: Text) -> Text:
        """A colour as `#08694c`; "" where none is set."""
        return self._read(name, "", _colour)

    def phone(self, name: Text) -> Text:
        return self._read(name, "", read_phone)

    def opening_hours(self, name: Text) -> tuple[Hours, ...]:
        """Days and hours of a week, such as Mo-Fr 8-18."""
        return self._read(name, (), read_hours)

    def _read(self, name: Text, default: T, read: Callable[[Text], T]) -> T:
        text = self.str(name)
        try:
            return read(text) if text else default
        except CannotBeRead as problem:
            self.problems.append(f"{name} {problem}")
            return default


def _read(file: Path) -> Iterator[str]:
    """Sets the variables of the file that the process does not have; yields what is wrong with it."""
    try:
        # What is not UTF-8 is told of with the setting it stands in.
        lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return
    except OSError:
        yield f"{file.name} cannot be read. Make it a text file that this user may read."
        return
    found, last = [], ""
    for number, line in enumerate(lines, start=1):
        assignment = LINE.fullmatch(line)
        if assignment and "\0" not in line:
            found.append("{}={}".format(*assignment.groups()))
            last = assignment[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            if last:  # told of with the setting before, which goes on here
                os.environ.setdefault(last, GOES_ON)
            else:
                yield f"{file.name}, line {number}, is not NAME=value. Correct it, or begin it with a #."
    environ.Env.read_env(io.StringIO("\n".join(found)))


def _yes_or_no(text: str) -> bool:
    if text.lower() not in WORDS:
        raise CannotBeRead("is neither true nor false. Set it to one of them.")
    return WORDS[text.lower()]


def _number(text: str, read: Callable[[str], T], kind: str) -> T:
    try:
        return read(text)
    except ValueError:
        raise CannotBeRead(f"is not {kind}. Set it to {kind}, or leave it empty.") from None


def _hours(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})\s*-\s*(\d{1,2})", text, re.ASCII)
    first, end = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 <= first < end <= 24:
        raise CannotBeRead(
            "is not two hours of one day. Set it to the first and the one it ends before: 8-20."
        )
    return first, end


def _colour(text: str) -> str:
    try:
        return colour(text)
    except NoColour:
        raise CannotBeRead("is no colour. Set it to one such as #08694c, or leave it empty.") from None


def _time_zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise CannotBeRead("is unknown. Set it to a name such as Europe/London, or leave it empty.") from None
    return text
