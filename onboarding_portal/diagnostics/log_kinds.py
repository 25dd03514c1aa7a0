"""The three kinds of logs: what they have in common, and what their texts need before they can be shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.fields import Fields
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, Page, StatusLog

LogEntry: TypeAlias = CommandLog | ErrorLog | StatusLog


class Kind(TextChoices):
    COMMAND = "command", _("Command logs")
    ERROR = "error", _("Error logs")
    STATUS = "status", _("Status logs")

    @property
    def operations(self) -> "Operations":
        return OPERATIONS[self]


@dataclass(frozen=True, kw_only=True)
class Operations:
    """How a kind is read; `parse` makes an entry of its JSON or raises BadResponse. `one` names an entry."""

    one: str | Promise
    parse: Callable[[Fields], Any]
    pages: Callable[..., Iterator[Page[Any]]]
    single: Callable[..., Any]


OPERATIONS = {
    Kind.COMMAND: Operations(
        one=_("Command"),
        parse=CommandLog.from_json,
        pages=Client.command_logs,
        single=Client.command_log,
    ),
    Kind.ERROR: Operations(
        one=_("Error"), parse=ErrorLog.from_json, pages=Client.error_logs, single=Client.error_log
    ),
    Kind.STATUS: Operations(
        one=_("Status"), parse=StatusLog.from_json, pages=Client.status_logs, single=Client.status_log
    ),
}


def moment_of(entry: LogEntry) -> datetime:
    """The time stamp an entry is sorted, filtered and addressed by."""
    return entry.sampled_at if isinstance(entry, StatusLog) else entry.logged_at


def readable(text: str) -> str:
    """The text without halves of characters: JSON may hold them, no page can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """The text on one line and without what would command a terminal."""
    words = " ".join(readable(text).split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
