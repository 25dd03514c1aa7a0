"""What the portal itself knows of a stretch of a car's life, from the rooms that know it.

Rooms above this one add what they know: `add_source`, in their AppConfig.ready().
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.events import Event
from onboarding_portal.vehicles.models import Vehicle

Source = Callable[[Vehicle, datetime, datetime], Iterable[Event]]

NAME = "portal"  # their lane in the drawing
MOST_EVENTS = 200  # of each source, the newest
MOST_BREAKS = 5

_sources: list[Source] = []


def add_source(source: Source) -> None:
    """`source(vehicle, since, until)` says what happened from `since` to `until`, in one query."""
    if source not in _sources:
        _sources.append(source)


def portal_events(vehicle: Vehicle, *, since: datetime, until: datetime) -> list[Event]:
    """One query for each source."""
    return [event for source in _sources for event in source(vehicle, since, until)]


def latest_breaks(vehicle: Vehicle) -> list[tuple[datetime, str]]:
    """When the car broke under its present owner, newest first, and why."""
    rows = vehicle.stale_episodes.of_present_owner().order_by("-started_at")[:MOST_BREAKS]
    return [(row.started_at, row.get_reason_display()) for row in rows]


def _staleness(vehicle: Vehicle, since: datetime, until: datetime) -> Iterable[Event]:
    episodes = vehicle.stale_episodes.touching(since=since, until=until).order_by("-started_at")
    for row in episodes[:MOST_EVENTS]:
        why = row.get_reason_display() + (f": {row.get_cause_display()}" if row.cause else "")
        if since <= row.started_at <= until:
            yield Event(at=row.started_at, name=NAME, label=_("Stale"), text=why)
        if row.ended_at and since <= row.ended_at <= until:
            text = gettext("No longer stale: %(how)s") % {"how": row.get_ended_by_display()}
            yield Event(at=row.ended_at, name=NAME, label=_("Stale"), text=text)


def _sign_in(vehicle: Vehicle, since: datetime, until: datetime) -> Iterable[Event]:
    owner = vehicle.owner
    kept = owner.sign_ins.filter(at__gte=since, at__lte=until).order_by("-at")
    moments = list(kept.values_list("at", flat=True)[:MOST_EVENTS])
    latest = owner.last_login
    if not moments and latest and since <= latest <= until:  # from before each of them was kept
        moments = [latest]
    for at in moments:
        text = gettext("The owner signed in to the portal")
        yield Event(at=at, name=NAME, label=_("Sign-in"), text=text)


def _history(vehicle: Vehicle, since: datetime, until: datetime) -> Iterable[Event]:
    """Changes of owner, and what staff did."""
    rows = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Vehicle),
        object_id=vehicle.pk,
        action_time__gte=since,
        action_time__lte=until,
    ).order_by("-action_time")
    for row in rows[:MOST_EVENTS]:
        yield Event(at=row.action_time, name=NAME, label=_("History"), text=row.get_change_message())


for _source in (_staleness, _sign_in, _history):
    add_source(_source)
