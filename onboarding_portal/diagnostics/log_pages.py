"""What the log pages show, put together from ev.energy's answers and the portal's own knowledge."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from onboarding_portal.diagnostics.addresses import entry_url, list_url
from onboarding_portal.diagnostics.entry_facts import Fact, detail_of, facts_of, meaning_of, summary_of
from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of, readable
from onboarding_portal.diagnostics.problems import NO_SUCH_ENTRY, Problem, problem_of
from onboarding_portal.diagnostics.read_logs import Question, read_entry, read_page
from onboarding_portal.diagnostics.reader_time import Period
from onboarding_portal.diagnostics.related_entries import Joined, command_id_of, join
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError, NotFound
from onboarding_portal.ev_energy.json_types import Unreadable
from onboarding_portal.ev_energy.resources import ErrorLog

PAGE_SIZE = 25
CURSOR = re.compile(r"[\w:.+-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry in a list. `related` are the errors of a command, or the command of an error."""

    at: datetime
    url: str
    summary: str
    detail: str = ""
    meaning: str = ""
    command_id: str = ""
    related: Sequence["Row"] = ()


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """`problem`: the logs could not be read. `joined.problem`: only what belongs to them could not."""

    rows: Sequence[Row] = ()
    newer_url: str = ""
    older_url: str = ""
    problem: Problem | None = None
    joined: Joined = field(default_factory=Joined)
    unreadable: Sequence[Unreadable] = ()


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    summary: str = ""
    facts: Sequence[Fact] = ()
    related: Sequence[Row] = ()
    command_id: str = ""
    raw: str = ""
    problem: Problem | None = None
    joined: Joined = field(default_factory=Joined)
    is_missing: bool = False


class WrongCursor(Exception):
    """The address asks for a page of the list that cannot exist."""


def cursors_of(query: Mapping[str, str]) -> dict[str, str]:
    """`page_after` or `page_before` as the address has it, or neither. Raises WrongCursor."""
    cursors = {name: query[name] for name in ("page_after", "page_before") if query.get(name)}
    if len(cursors) > 1 or not all(CURSOR.fullmatch(cursor) for cursor in cursors.values()):
        raise WrongCursor
    return cursors


def list_page(
    *,
    client: Client,
    vehicle_id: str,
    kind: Kind,
    period: Period,
    cursors: Mapping[str, str],
    zone: tzinfo,
    now: datetime,
) -> ListPage:
    """One page of logs with what belongs to each entry. Never raises an EvEnergyError: it is on the page."""
    question = Question(
        vehicle_id=vehicle_id,
        kind=kind,
        since=period.since,
        until=period.until,
        page_after=cursors.get("page_after", ""),
        page_before=cursors.get("page_before", ""),
        page_size=PAGE_SIZE,
    )
    try:
        page = read_page(client=client, question=question)
    except EvEnergyError as error:
        return ListPage(problem=problem_of(error, now=now))
    joined = join(client=client, vehicle_id=vehicle_id, entries=page.items, now=now)
    query = period.as_query(zone=zone)
    return ListPage(
        rows=[_row(entry, kind=kind, vehicle_id=vehicle_id, joined=joined) for entry in page.items],
        newer_url=_turn("page_before", page.previous_cursor, vehicle_id=vehicle_id, kind=kind, query=query),
        older_url=_turn("page_after", page.next_cursor, vehicle_id=vehicle_id, kind=kind, query=query),
        joined=joined,
        unreadable=page.unreadable,
    )


def entry_page(*, client: Client, vehicle_id: str, kind: Kind, at: datetime, now: datetime) -> EntryPage:
    """One entry with what belongs to it. Never raises an EvEnergyError: it is on the page."""
    try:
        entry = read_entry(client=client, vehicle_id=vehicle_id, kind=kind, at=at)
    except NotFound as error:
        problem = problem_of(error, now=now, title=NO_SUCH_ENTRY)
        return EntryPage(problem=problem, is_missing=True)
    except EvEnergyError as error:
        return EntryPage(problem=problem_of(error, now=now))
    joined = join(client=client, vehicle_id=vehicle_id, entries=[entry], now=now)
    return EntryPage(
        summary=summary_of(entry),
        facts=facts_of(entry),
        related=_related(entry, kind=kind, vehicle_id=vehicle_id, joined=joined),
        command_id=command_id_of(entry),
        raw=readable(json.dumps(entry.raw, indent=2, ensure_ascii=False)),
        joined=joined,
    )


def _row(entry: LogEntry, *, kind: Kind, vehicle_id: str, joined: Joined | None = None) -> Row:
    return Row(
        at=moment_of(entry),
        url=entry_url(vehicle_id=vehicle_id, kind=kind, entry=entry),
        summary=summary_of(entry),
        detail=detail_of(entry),
        meaning=meaning_of(entry) if isinstance(entry, ErrorLog) else "",
        command_id=command_id_of(entry),
        related=_related(entry, kind=kind, vehicle_id=vehicle_id, joined=joined) if joined else (),
    )


def _related(entry: LogEntry, *, kind: Kind, vehicle_id: str, joined: Joined) -> list[Row]:
    other = Kind.COMMAND if kind is Kind.ERROR else Kind.ERROR
    return [_row(found, kind=other, vehicle_id=vehicle_id) for found in joined.to(entry)]


def _turn(name: str, cursor: str | None, *, vehicle_id: str, kind: Kind, query: dict[str, str]) -> str:
    """The address of the next or previous page, "" where there is none or its cursor is of no use."""
    if not cursor or not CURSOR.fullmatch(cursor):
        return ""
    return list_url(vehicle_id=vehicle_id, kind=kind, **query, **{name: cursor})
