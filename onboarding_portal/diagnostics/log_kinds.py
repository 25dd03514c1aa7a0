"""The three kinds of logs: what they have in common, and what their texts need before they can be shown."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.fields import Fields
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, StatusLog

LogEntry: TypeAlias = CommandLog | ErrorLog | StatusLog


class Kind(TextChoices):
    COMMAND = "command", _("Command logs")
    ERROR = "error", _("Error logs")
    STATUS = "status", _("Status logs")

    @property
    def parse(self) -> Callable[[Fields], Any]:
        """Makes an entry of this kind out of its JSON. Raises BadResponse."""
        parsers: dict[str, Callable[[Fields], Any]] = {
            "command": CommandLog.from_json,
            "error": ErrorLog.from_json,
            "status": StatusLog.from_json,
        }
        return parsers[self.value]


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
