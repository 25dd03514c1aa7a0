"""Which errors a command caused: ev.energy gives both the same `internal_command_id`, but no way to ask for it.

So the other log is read around the time of the entries at hand. An error follows its command within seconds or, when
a service tries again for a while, hours; clocks of different machines may make it seem a little earlier.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of
from onboarding_portal.diagnostics.problems import Problem, problem_of
from onboarding_portal.diagnostics.read_logs import Question, read_stretch
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog

ERRORS_FOLLOW_WITHIN = timedelta(hours=6)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
LARGEST_PAGE_COUNT = 3


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Entries of the other log by command id. `problem` or `is_cut` tell why some may be missing."""

    by_command_id: Mapping[str, Sequence[LogEntry]] = field(default_factory=dict)
    problem: Problem | None = None
    is_cut: bool = False

    def to(self, entry: LogEntry) -> Sequence[LogEntry]:
        """The command of an error, or the errors of a command, oldest first."""
        return self.by_command_id.get(command_id_of(entry), ())


def command_id_of(entry: LogEntry) -> str:
    """What joins a command and its errors; "" where there is nothing to join."""
    return (entry.internal_command_id or "") if isinstance(entry, CommandLog | ErrorLog) else ""


def join(*, client: Client, vehicle_id: str, entries: Iterable[LogEntry], now: datetime) -> Joined:
    """Finds what belongs to the entries, all of one kind. Makes no request where nothing can be found."""
    joinable = [entry for entry in entries if command_id_of(entry)]
    if not joinable:
        return Joined()
    moments = [moment_of(entry) for entry in joinable]
    before, after = CLOCKS_DIFFER_BY, ERRORS_FOLLOW_WITHIN
    other = Kind.ERROR
    if isinstance(joinable[0], ErrorLog):
        before, after, other = ERRORS_FOLLOW_WITHIN, CLOCKS_DIFFER_BY, Kind.COMMAND
    question = Question(
        vehicle_id=vehicle_id, kind=other, since=min(moments) - before, until=max(moments) + after
    )
    try:
        stretch = read_stretch(client=client, question=question, largest_page_count=LARGEST_PAGE_COUNT)
    except EvEnergyError as error:
        return Joined(problem=problem_of(error, now=now))
    problem = problem_of(stretch.failure, now=now) if stretch.failure else None
    return Joined(by_command_id=group(stretch.entries), problem=problem, is_cut=stretch.is_cut)


def group(entries: Iterable[LogEntry]) -> dict[str, list[LogEntry]]:
    """The entries by command id, oldest first; those without one are left out."""
    groups: dict[str, list[LogEntry]] = {}
    for entry in sorted(entries, key=moment_of):
        if command_id := command_id_of(entry):
            groups.setdefault(command_id, []).append(entry)
    return groups
