"""Log entries for a terminal: a line each for people, or a JSON object each for programs."""

import json
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext

from onboarding_portal.diagnostics.entry_facts import detail_of, summary_of
from onboarding_portal.diagnostics.log_kinds import LogEntry, moment_of, printable
from onboarding_portal.diagnostics.related_entries import command_id_of
from onboarding_portal.ev_energy.times import iso

TIME_WIDTH, SUMMARY_WIDTH, COMMAND_ID_WIDTH = 27, 44, 36


def json_lines(entries: Iterable[LogEntry]) -> Iterator[str]:
    """Each entry as ev.energy sent it. Not ASCII is escaped, so that no entry can command a terminal."""
    for entry in entries:
        yield json.dumps(dict(entry.raw), separators=(",", ":"))


def table_lines(entries: Iterable[LogEntry]) -> Iterator[str]:
    """A head, then time (UTC), what happened, what joins a command and its errors, and an error's own words."""
    head = _line(gettext("TIME (UTC)"), gettext("WHAT"), gettext("COMMAND ID"), gettext("DETAIL"))
    for entry in entries:
        if head:  # only now, as asking for the first entry may have failed
            yield head
            head = ""
        yield _line(iso(moment_of(entry)), summary_of(entry), command_id_of(entry) or "-", detail_of(entry))
    if head:
        yield head


def _line(time: str, summary: str, command_id: str, detail: str) -> str:
    parts = [
        printable(time).ljust(TIME_WIDTH),
        printable(summary).ljust(SUMMARY_WIDTH),
        printable(command_id).ljust(COMMAND_ID_WIDTH),
        printable(detail),
    ]
    return "  ".join(parts).rstrip()
