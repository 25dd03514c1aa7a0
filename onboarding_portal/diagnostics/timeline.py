"""A stretch of a vehicle's life: what the car said, was told, what failed, and the attempts to reconnect it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of
from onboarding_portal.diagnostics.problems import Problem, problem_of
from onboarding_portal.diagnostics.read_logs import Question, read_stretch
from onboarding_portal.diagnostics.reader_time import Period
from onboarding_portal.diagnostics.samples import Sample, samples_of, stretches
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.resources import StatusLog
from onboarding_portal.vehicles.models import StaleReason, Vehicle

USUAL_LENGTH = timedelta(days=1)
BEFORE_A_BREAK = timedelta(hours=18)
LONGEST = timedelta(days=31)
# A car that reports every five minutes fills a page of 100 in a third of a day: this is a week of it.
LARGEST_PAGE_COUNTS = {Kind.ERROR: 5, Kind.COMMAND: 5, Kind.STATUS: 20}
MOST_STEPS = 200  # of reconnects
READING_SECONDS = 15.0  # the reader's patience, and well below what a web server grants


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One kind of log over the period. `read_from` is since when it is whole, None if it could not be read."""

    kind: Kind
    entries: Sequence[LogEntry]
    problem: Problem | None
    read_from: datetime | None
    is_cut: bool = False
    was_asked: bool = True


@dataclass(frozen=True, kw_only=True)
class ReconnectStep:
    """A reconnect came into a state at `at`. Links are secrets and are not among this."""

    reconnect_id: int
    label: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything from `since` to `until`; entries and steps oldest first."""

    since: datetime
    until: datetime
    parts: list[list[Sample]]
    commands: Sequence[LogEntry]
    errors: Sequence[LogEntry]
    reconnects: Sequence[ReconnectStep]
    readings: Sequence[Reading]

    @property
    def samples(self) -> list[Sample]:
        return [sample for part in self.parts for sample in part]

    @property
    def is_empty(self) -> bool:
        return not (self.parts or self.commands or self.errors or self.reconnects)


@dataclass(frozen=True, kw_only=True)
class WholePeriod(Period):
    """A period with both ends."""

    since: datetime
    until: datetime


def whole_period(period: Period, *, now: datetime, broke_at: datetime | None = None) -> WholePeriod:
    """The period with both ends, never longer than `LONGEST`.

    Where nothing was picked it is the day around the moment the car broke, else the day up to now.

    Ends that nobody picked are whole minutes, so that looking again asks for the same and is answered by the cache.
    """
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if period.until is None and period.since is not None:
        until = max(period.since, min(minute, period.since + LONGEST))
        return WholePeriod(since=period.since, until=until)
    until = period.until or minute
    if broke_at is not None and period.since is None and period.until is None:
        return day_around(broke_at, now=now)
    return WholePeriod(since=period.since or until - USUAL_LENGTH, until=until)


def day_around(broke_at: datetime, *, now: datetime) -> WholePeriod:
    """The day in which the car broke, most of it before the break; at the latest the day up to now."""
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    since = min(broke_at.replace(second=0, microsecond=0) - BEFORE_A_BREAK, minute - USUAL_LENGTH)
    return WholePeriod(since=since, until=since + USUAL_LENGTH)


def broke_at(vehicle: Vehicle) -> datetime | None:
    """When a stale car broke: a silent one with its last data, others when found. None if it is not stale."""
    if not vehicle.stale_since:
        return None
    is_silent = vehicle.stale_reason == StaleReason.SILENT
    return (vehicle.last_status_at if is_silent else None) or vehicle.stale_since


def read_timeline(*, client: Client, vehicle: Vehicle, period: WholePeriod, now: datetime) -> Timeline:
    """What can be read of the period. What cannot be is told in `readings`; nothing is raised."""
    readings: dict[Kind, Reading] = {}
    stop: Problem | None = None
    with deadline(seconds=READING_SECONDS):
        for kind in LARGEST_PAGE_COUNTS:
            question = Question(vehicle_id=vehicle.pk, kind=kind, since=period.since, until=period.until)
            readings[kind] = reading = _read(client, question, stop=stop, now=now)
            if reading.problem and reading.problem.concerns_all:
                stop = reading.problem
    status = [entry for entry in readings[Kind.STATUS].entries if isinstance(entry, StatusLog)]
    return Timeline(
        since=period.since,
        until=period.until,
        parts=stretches(samples_of(status)),
        commands=readings[Kind.COMMAND].entries,
        errors=readings[Kind.ERROR].entries,
        reconnects=_reconnect_steps(vehicle, period),
        readings=list(readings.values()),
    )


def _read(client: Client, question: Question, *, stop: Problem | None, now: datetime) -> Reading:
    kind = question.kind
    if stop:
        return Reading(kind=kind, entries=(), problem=stop, read_from=None, was_asked=False)
    try:
        stretch = read_stretch(client=client, question=question, largest_page_count=LARGEST_PAGE_COUNTS[kind])
    except EvEnergyError as error:
        return Reading(kind=kind, entries=(), problem=problem_of(error, now=now), read_from=None)
    # ev.energy's filter is trusted with the amount, not with what is drawn.
    entries = sorted((entry for entry in stretch.entries if _is_within(entry, question)), key=moment_of)
    cut_at = moment_of(entries[0]) if stretch.is_cut and entries else None
    return Reading(
        kind=kind,
        entries=entries,
        problem=problem_of(stretch.failure, now=now) if stretch.failure else None,
        read_from=cut_at or question.since,
        is_cut=stretch.is_cut,
    )


def _reconnect_steps(vehicle: Vehicle, period: WholePeriod) -> list[ReconnectStep]:
    """The newest steps of the vehicle's reconnects in the period, oldest first."""
    # Django gives vehicles their reconnects, though that room lies above this one.
    in_period = vehicle.reconnects.filter(events__at__gte=period.since, events__at__lte=period.until)
    rows = in_period.order_by("-events__at").values_list("pk", "events__state", "events__at")[:MOST_STEPS]
    steps = [
        ReconnectStep(reconnect_id=pk, label=vehicle.reconnects.model(state=state).get_state_display(), at=at)
        for pk, state, at in rows
    ]
    return steps[::-1]


def _is_within(entry: LogEntry, question: Question) -> bool:
    return (
        question.since is not None
        and question.until is not None
        and (question.since <= moment_of(entry) <= question.until)
    )
