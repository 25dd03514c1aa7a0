"""The three kinds of logs: what they have in common, and what their texts need before they can be shown."""

from datetime import datetime
from typing import TypeAlias

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, StatusLog

LogEntry: TypeAlias = CommandLog | ErrorLog | StatusLog


class Kind(TextChoices):
    COMMAND = "command", _("Command logs")
    ERROR = "error", _("Error logs")
    STATUS = "status", _("Status logs")

    @property
    def resource(self) -> type[LogEntry]:
        return RESOURCES[self]

    @property
    def one(self) -> Promise:
        """What an entry is called."""
        return NAMES[self]


RESOURCES: dict[str, type[LogEntry]] = {
    Kind.COMMAND: CommandLog,
    Kind.ERROR: ErrorLog,
    Kind.STATUS: StatusLog,
}
NAMES: dict[str, Promise] = {Kind.COMMAND: _("Command"), Kind.ERROR: _("Error"), Kind.STATUS: _("Status")}


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
