"""What happened to a car while it was its owner's, in plain words, newest first. Rooms above add what they know of.

A source returns what was before a moment, newest first, at most so many, with a fixed number of queries.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.vehicles.models import EndedBy, StaleEpisode, StaleReason, Vehicle

MOST_AT_ONCE_MOMENT = 20  # events of one moment that a page takes beyond its own number


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime
    words: Promise | str
    is_good: bool = False
    is_bad: bool = False


Source = Callable[[Vehicle, datetime, int], Iterable[Event]]

_sources: list[Source] = []


def add_source(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`older_before` is what the next page is asked with; None where there is nothing older."""

    events: list[Event]
    older_before: datetime | None


def history_page(*, vehicle: Vehicle, before: datetime, size: int) -> Page:
    """What happened at the same moment stays on one page."""
    wanted = size + MOST_AT_ONCE_MOMENT
    found = [
        event
        for source in (_connected, _episodes, _let_go, *_sources)
        for event in source(vehicle, before, wanted)
        if vehicle.connected_at <= event.at < before
    ]
    found.sort(key=lambda event: event.at, reverse=True)
    shown = found[:size]
    shown += [event for event in found[size:wanted] if event.at == shown[-1].at]
    is_all = len(shown) == len(found)
    return Page(events=shown, older_before=None if is_all else shown[-1].at)


def _connected(vehicle: Vehicle, before: datetime, most: int) -> list[Event]:
    return [Event(at=vehicle.connected_at, words=_("Seen here for the first time."), is_good=True)]


LOST = {
    StaleReason.CONNECTION_LOST: _("The connection was lost."),
    StaleReason.SILENT: _("No data came in any more."),
    StaleReason.MARKED_BY_STAFF: _("Our support found that it needs attention."),
}
ENDED = {
    EndedBy.RECONNECTED: _("It was connected again."),
    EndedBy.DATA: _("Data came in again."),
    EndedBy.CLEARED: _("Our support found that it works."),
}


def _episodes(vehicle: Vehicle, before: datetime, most: int) -> list[Event]:
    rows = StaleEpisode.objects.filter(vehicle=vehicle).of_present_owner()
    events = [
        Event(at=row.started_at, words=LOST[StaleReason(row.reason)], is_bad=True)
        for row in rows.filter(started_at__lt=before).order_by("-started_at")[:most]
    ]
    over = rows.filter(ended_at__lt=before, ended_by__in=list(ENDED)).order_by("-ended_at")
    events += [
        Event(at=ended_at, words=ENDED[EndedBy(ended_by)], is_good=True)
        for ended_at, ended_by in over.values_list("ended_at", "ended_by")[:most]
        if ended_at is not None
    ]
    return events


DONE = {
    Act.DISCONNECT_ASKED: _("You asked to disconnect it."),
    Act.DISCONNECTED: _("It was disconnected."),
    Act.TAKEN_BACK: _("You wanted it connected again."),
    Act.REMOVE_ASKED: _("You asked to remove it."),
}


def _let_go(vehicle: Vehicle, before: datetime, most: int) -> list[Event]:
    entries = AuditEntry.objects.about_vehicle(vehicle.pk).filter(act__in=list(DONE), at__lt=before)
    return [Event(at=each.at, words=DONE[Act(each.act)]) for each in entries[:most]]
