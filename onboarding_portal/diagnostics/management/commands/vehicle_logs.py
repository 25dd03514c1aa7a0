import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext

from onboarding_portal.diagnostics.entry_facts import detail_of, summary_of
from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of, printable
from onboarding_portal.diagnostics.problems import problem_of
from onboarding_portal.diagnostics.read_logs import Question, all_entries
from onboarding_portal.diagnostics.reader_time import clock
from onboarding_portal.diagnostics.related_entries import command_id_of
from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.json_types import EARLIEST, LATEST
from onboarding_portal.ev_energy.times import iso

TIME_WIDTH, SUMMARY_WIDTH, COMMAND_ID_WIDTH = 27, 44, 36


class Command(BaseCommand):
    help = (
        "Reads a vehicle's logs from ev.energy, newest first, all pages of the period. The requests come out of the "
        "part of the hourly budget that is not kept for owners. Exit status 1 if something could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("vehicle_id", help="vhcl and 26 letters and digits")
        parser.add_argument("--kind", choices=Kind.values, required=True)
        parser.add_argument("--since", help="ISO 8601; UTC if it names no zone")
        parser.add_argument("--until", help="ISO 8601; UTC if it names no zone")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line, as ev.energy sent it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        entries = all_entries(client=get_client(), question=_question(options))
        try:
            for line in (json_lines if options["json"] else table_lines)(entries):
                self.stdout.write(line)
        except EvEnergyError as error:
            raise CommandError(_plain(error, now=timezone.now())) from error
        except BrokenPipeError:
            # Whoever reads (head, less) has seen enough. Python would complain when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _question(options: dict[str, Any]) -> Question:
    """What is asked for. Raises CommandError, where argparse would end with status 2."""
    if not ids.is_vehicle_id(options["vehicle_id"]):
        raise CommandError("A vehicle's id is vhcl and 26 capital letters and digits.")
    since, until = _moment(options["since"]), _moment(options["until"])
    if since and until and until < since:
        raise CommandError("--until lies before --since.")
    return Question(vehicle_id=options["vehicle_id"], kind=Kind(options["kind"]), since=since, until=until)


def _plain(error: EvEnergyError, *, now: datetime) -> str:
    problem = problem_of(error, now=now)
    again = f"It goes on at about {clock(problem.again_at, zone=UTC).utc}." if problem.again_at else ""
    return " ".join(str(part) for part in (problem.title, problem.advice, again, problem.technical) if part)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("Give times such as 2026-03-14T09:30:00Z.") from None
    if not EARLIEST.year < moment.year < LATEST.year:
        raise CommandError(f"Give times between {EARLIEST.year} and {LATEST.year}.")
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


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
