"""What the owner's vehicle page says of a reconnect: what was done, what is known, when it is looked at again.

ev.energy sends owners back to an address fixed for the whole application, so this page is where they wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from onboarding_portal.reconnects.models import Failure, Reconnect, State
from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.cards import day_and_time
from onboarding_portal.vehicles.models import Vehicle

# The page refreshes itself for so long after the redirect. Then news comes by e-mail.
REFRESHES_FOR = timedelta(minutes=15)
REFRESH_SECONDS = 20

SHOWN_FOR = timedelta(days=3)

# For so long after a 409 the owner is asked to wait before another try.
CONFLICT_LASTS = timedelta(hours=1)

WAITING = frozenset({"waiting", "checking"})
REFUSED = frozenset({"not_found", "not_possible", "conflict"})

_CLASSES = {"back": "notice-good", "over": "notice-bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`kind` is waiting, checking, back, over or one of REFUSED; times are in words."""

    kind: str
    make: str
    sent_off: str
    next_look: str
    data_received: str
    refresh_seconds: int | None

    @property
    def is_on_the_way(self) -> bool:
        """Whether the owner has done their part, and we look."""
        return self.kind in WAITING

    @property
    def is_refused(self) -> bool:
        return self.kind in REFUSED

    @property
    def replaces_cause(self) -> bool:
        """Whether what was wrong before is no longer news, and its button no longer the way."""
        return self.is_on_the_way or self.is_refused

    @property
    def notice_class(self) -> str:
        return _CLASSES.get(self.kind, "notice-warn")


def progress_of(*, vehicle: Vehicle, now: datetime) -> Progress | None:
    """What to say of the vehicle's latest reconnect; None where there is nothing new. One query."""
    latest = Reconnect.objects.filter(vehicle=vehicle).order_by("-pk").first()
    if latest is None or (kind := _kind(latest, vehicle=vehicle, now=now)) is None:
        return None
    sent_off, next_look, received = latest.redirected_at, latest.next_work_at, vehicle.last_status_at
    is_live = sent_off is not None and now - sent_off < REFRESHES_FOR and kind in WAITING
    return Progress(
        kind=kind,
        make=make_name(vehicle),
        sent_off=day_and_time(sent_off, now=now) if sent_off else "",
        next_look=day_and_time(next_look, now=now) if next_look else "",
        data_received=day_and_time(received, now=now) if received else "",
        refresh_seconds=REFRESH_SECONDS if is_live else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Ids of vehicles whose cause is not the latest news: data is waited for, or ev.energy has refused the way."""

    waiting: frozenset[str]
    refused: frozenset[str]


def under_way(*, vehicles: Sequence[Vehicle], now: datetime) -> UnderWay:
    """What the list says in place of the cause. One query, none for no vehicles."""
    newer = Reconnect.objects.filter(vehicle=OuterRef("vehicle"), pk__gt=OuterRef("pk"))
    latest = Reconnect.objects.filter(~Exists(newer), vehicle__in=vehicles)
    by_id = {vehicle.pk: vehicle for vehicle in vehicles}
    kinds = {row.vehicle_id: _kind(row, vehicle=by_id[row.vehicle_id], now=now) for row in latest}
    return UnderWay(
        waiting=frozenset(pk for pk, kind in kinds.items() if kind in WAITING),
        refused=frozenset(pk for pk, kind in kinds.items() if kind in REFUSED),
    )


def _kind(latest: Reconnect, *, vehicle: Vehicle, now: datetime) -> str | None:
    if latest.state == State.REDIRECTED:
        is_later = latest.next_work_at is not None and latest.next_work_at > now
        return "waiting" if is_later else "checking"
    if latest.ended_at is None:
        return None
    is_recent = now - latest.ended_at <= SHOWN_FOR
    if latest.state == State.RECONNECTED and not vehicle.needs_repair:
        return "back" if is_recent else None
    if not vehicle.needs_repair:
        return None
    if latest.state == State.EXPIRED and latest.redirected_at and is_recent:
        return "over"
    if latest.state == State.FAILED and latest.failure:
        return _refusal(Failure(latest.failure), ended_at=latest.ended_at, now=now)
    return None


def _refusal(failure: Failure, *, ended_at: datetime, now: datetime) -> str | None:
    """The refusals after which the same button would only lead to the same page."""
    if failure == Failure.CONFLICT and now - ended_at > CONFLICT_LASTS:
        return None
    return failure.lower() if failure.lower() in REFUSED else None
