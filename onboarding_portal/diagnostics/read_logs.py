"""Reads logs for staff: within the part of the request budget that is not kept for owners, and through the cache.

Every function may raise any EvEnergyError. Answers are kept for a minute in the cache all processes share. What is
kept is the answer's own JSON, not our classes, which would tie what one release wrote to the code of the next.
Failures are not kept: when a scope was granted or ev.energy is back, the next look shows it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry
from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import BadResponse, EvEnergyError
from onboarding_portal.ev_energy.json_types import Unreadable, parse
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.resources import Page
from onboarding_portal.ev_energy.shared_cache import CacheDown
from onboarding_portal.ev_energy.times import iso

KEPT_SECONDS = 60


def remembered(parts: tuple[str, ...], ask: Callable[[], Any]) -> Any:
    """What `ask` says, which must be made of JSON's types, or what it said less than a minute ago.

    `parts` tell one question from any other. Without the cache every question is asked.
    """
    key = _key(parts)
    with suppress(CacheDown):
        if isinstance(kept := shared_cache.read(key), str):
            return json.loads(kept)
    answer = ask()
    with suppress(CacheDown):
        shared_cache.write(key, json.dumps(answer), seconds=KEPT_SECONDS)
    return answer


def _key(parts: tuple[str, ...]) -> str:
    # Hashed, because a cursor may hold what a cache does not take as a key. Other credentials see other logs.
    question = json.dumps([settings.EV_ENERGY_API_URL, settings.EV_ENERGY_CLIENT_ID, *parts])
    return f"vehicle_logs:{salted_hmac('diagnostics', question, algorithm='sha256').hexdigest()}"


LARGEST_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Question:
    """One page of a vehicle's logs: from `since` to `until`, both included, at one of the API's cursors."""

    vehicle_id: str
    kind: Kind
    since: datetime | None = None
    until: datetime | None = None
    page_after: str = ""
    page_before: str = ""
    page_size: int = LARGEST_PAGE


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Entries of several pages, newest first; `is_cut` if older ones of the period were not read any more.

    `failure` is why, unless there were just too many.
    """

    entries: tuple[LogEntry, ...]
    is_cut: bool
    failure: EvEnergyError | None = None


def read_page(*, client: Client, question: Question) -> Page[LogEntry]:
    """One page, newest first, at most a minute old."""
    kept = remembered(_parts(question), lambda: _as_json(_ask(client, question)))
    return Page(
        items=tuple(parse(question.kind.resource, raw) for raw in kept["entries"]),
        next_cursor=kept["next"],
        previous_cursor=kept["previous"],
        unreadable=tuple(Unreadable(*left_out) for left_out in kept["unreadable"]),
    )


def read_stretch(*, client: Client, question: Question, largest_page_count: int) -> Stretch:
    """The newest pages of the period, each at most a minute old. Raises if not even the first can be read."""
    page = read_page(client=client, question=question)
    entries = list(page.items)
    seen = {page.next_cursor}
    for _number in range(largest_page_count - 1):
        if page.next_cursor is None:
            break
        question = replace(question, page_after=page.next_cursor, page_before="")
        try:
            page = read_page(client=client, question=question)
            if page.next_cursor in seen - {None}:
                raise BadResponse("The pages go round in a circle.", field="Link")
        except EvEnergyError as failure:
            return Stretch(entries=tuple(entries), is_cut=True, failure=failure)
        entries += page.items
        seen.add(page.next_cursor)
    return Stretch(entries=tuple(entries), is_cut=page.next_cursor is not None)


def read_entry(*, client: Client, vehicle_id: str, kind: Kind, at: datetime) -> LogEntry:
    """The one entry of that time stamp with its vehicle, at most a minute old. Raises NotFound."""

    def ask() -> Any:
        with priority(Priority.STAFF):
            return dict(client.log(kind.resource, vehicle_id=vehicle_id, at=at).raw)

    return parse(kind.resource, remembered(("entry", vehicle_id, kind, iso(at)), ask))


def all_entries(*, client: Client, question: Question) -> Iterator[LogEntry]:
    """Every entry of the period, newest first, each page asked for when it is wanted, past the cache."""
    pages = _pages(client, question)
    while True:
        # Only while a page is asked for: a generator's context is also its caller's.
        with priority(Priority.STAFF):
            page = next(pages, None)
        if page is None:
            return
        yield from page.items


def _ask(client: Client, question: Question) -> Page[LogEntry]:
    with priority(Priority.STAFF):
        return next(_pages(client, question))


def _pages(client: Client, question: Question) -> Iterator[Page[LogEntry]]:
    return client.logs(
        question.kind.resource,
        vehicle_id=question.vehicle_id,
        since=question.since,
        until=question.until,
        page_size=question.page_size,
        page_after=question.page_after or None,
        page_before=question.page_before or None,
    )


def _as_json(page: Page[LogEntry]) -> dict[str, Any]:
    return {
        "entries": [dict(entry.raw) for entry in page.items],
        "next": page.next_cursor,
        "previous": page.previous_cursor,
        "unreadable": [[left_out.entry_id, left_out.field] for left_out in page.unreadable],
    }


def _parts(question: Question) -> tuple[str, ...]:
    return (
        "page",
        question.vehicle_id,
        question.kind,
        iso(question.since) if question.since else "",
        iso(question.until) if question.until else "",
        question.page_after,
        question.page_before,
        str(question.page_size),
    )
