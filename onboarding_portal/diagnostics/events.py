"""What happened in a stretch of a car's life, each with its words: for the table of the time line and its marks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.addresses import entry_url
from onboarding_portal.diagnostics.entry_facts import command_text, detail_of, percentage, summary_of
from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of
from onboarding_portal.diagnostics.samples import Sample
from onboarding_portal.diagnostics.timeline import ReconnectStep, Timeline
from onboarding_portal.ev_energy.resources import ErrorLog


@dataclass(frozen=True, kw_only=True)
class Event:
    """`name` is what it is, `label` the same for people; `kind` is the log it stems from, if it is from one.

    `others` are earlier ones that say the same, newest first, folded into this one.
    """

    at: datetime
    name: str
    label: str | Promise
    text: str
    detail: str = ""
    url: str = ""
    kind: Kind | None = None
    others: tuple["Event", ...] = ()

    @property
    def count(self) -> int:
        return 1 + len(self.others)


def events_of(timeline: Timeline, *, vehicle_id: str, links_reconnects: bool) -> list[Event]:
    """All but what the car said, oldest first. Reconnects lead to their pages for those who may see them."""
    commands = _of_log(timeline.commands, kind=Kind.COMMAND, vehicle_id=vehicle_id)
    errors = _of_log(timeline.errors, kind=Kind.ERROR, vehicle_id=vehicle_id)
    reconnects = [_of_reconnect(step, is_linked=links_reconnects) for step in timeline.reconnects]
    return sorted([*commands, *errors, *reconnects], key=lambda event: event.at)


def sample_events(samples: Sequence[Sample]) -> list[Event]:
    """What the car said at the points that are drawn, oldest first."""
    return [
        Event(at=sample.at, name="status", label=_("Car says"), text=_sample_text(sample))
        for sample in samples
    ]


def folded(events: Sequence[Event]) -> list[Event]:
    """The same events, newest first, but errors that say the same are one, at the time of the newest of them."""
    kept: dict[object, list[Event]] = {}
    for event in events:
        says = (event.text, event.detail) if event.name == "error" else (id(event),)
        kept.setdefault(says, []).append(event)
    return [replace(newest, others=tuple(others)) for newest, *others in kept.values()]


def _of_log(entries: Sequence[LogEntry], *, kind: Kind, vehicle_id: str) -> list[Event]:
    return [
        Event(
            at=moment_of(entry),
            name=kind.value,
            label=kind.one,
            text=_text(entry),
            detail=detail_of(entry),
            url=entry_url(vehicle_id=vehicle_id, kind=kind, entry=entry),
            kind=kind,
        )
        for entry in entries
    ]


def _text(entry: LogEntry) -> str:
    if isinstance(entry, ErrorLog) and entry.command:
        return gettext("%(error)s, during: %(command)s") % {
            "error": summary_of(entry),
            "command": command_text(entry.command),
        }
    return summary_of(entry)


def _of_reconnect(step: ReconnectStep, *, is_linked: bool) -> Event:
    url = reverse("admin:reconnects_reconnect_change", args=[step.reconnect_id]) if is_linked else ""
    return Event(at=step.at, name="reconnect", label=_("Reconnect"), text=step.label, url=url)


def _sample_text(sample: Sample) -> str:
    parts = [percentage(sample.percentage) or gettext("State of charge not said")]
    if sample.is_charging:
        parts.append(gettext("charging"))
    elif sample.is_plugged_in:
        parts.append(gettext("plugged in"))
    return ", ".join(parts)
