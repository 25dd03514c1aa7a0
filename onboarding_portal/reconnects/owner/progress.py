"""What the pages of a car say of its reconnect: what was done, what is known, when it is looked at again.

Owners wait on the vehicle's page or, without a sign-in, on the page of the link in their e-mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext

from onboarding_portal.reconnects.models import CameBack, Failure, Reconnect, State
from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.cards import day_and_time
from onboarding_portal.vehicles.happened import Happened, awaited_data, happened
from onboarding_portal.vehicles.models import Vehicle

# The page refreshes itself for so long after the redirect. Then news comes by e-mail.
REFRESHES_FOR = timedelta(minutes=15)
REFRESH_SECONDS = 20
# While the way to the manufacturer is being prepared; usually a matter of seconds.
PREPARING_REFRESH_SECONDS = 5

SHOWN_FOR = timedelta(days=3)

# For so long after a 409 the owner is asked to wait before another try.
CONFLICT_LASTS = timedelta(hours=1)

WAITING = frozenset({"signed_in", "waiting", "checking"})
TURNED_BACK = frozenset({"stopped", "broken"})
LEAVING = frozenset({"preparing", "ready"})
REFUSED = frozenset({"not_found", "not_possible", "conflict"})

_CLASSES = {"back": "notice-good", "over": "notice-bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`kind` is one of WAITING, TURNED_BACK, LEAVING and REFUSED, or back, or over; times are in words.

    `signed_in` is when the owner came back from a sign-in, "" if the browser has not said so.
    """

    kind: str
    make: str
    sent_off: str
    signed_in: str
    next_look: str
    data_received: str
    refresh_seconds: int | None
    happened: Sequence[Happened] = ()

    @property
    def is_on_the_way(self) -> bool:
        """Whether the owner has done their part, and we look."""
        return self.kind in WAITING

    @property
    def is_turned_back(self) -> bool:
        """Whether the owner came back before the end, and one button goes on."""
        return self.kind in TURNED_BACK

    @property
    def step(self) -> int | None:
        """Which step of the way the owner is at: 2 the manufacturer, 3 new data, 4 all done; None off the way."""
        if self.kind in LEAVING or self.is_turned_back:
            return 2
        return 3 if self.is_on_the_way else 4 if self.kind == "back" else None

    @property
    def awaited(self) -> str:
        return awaited_data() if self.is_on_the_way else ""

    @property
    def may_have_stopped(self) -> bool:
        """Whether to offer another go while data is waited for; not to somebody who has just signed in."""
        return self.kind in WAITING and self.kind != "signed_in"

    @property
    def is_refused(self) -> bool:
        return self.kind in REFUSED

    @property
    def replaces_cause(self) -> bool:
        """Whether what was wrong before is no longer news, and its button no longer the way."""
        return self.is_on_the_way or self.is_turned_back or self.is_refused or self.kind in LEAVING

    @property
    def notice_class(self) -> str:
        return _CLASSES.get(self.kind, "notice-warn")


def progress_of(*, vehicle: Vehicle, now: datetime) -> Progress | None:
    """What to say of the vehicle's latest reconnect; None where there is nothing new. One query."""
    # What a former owner of the car did is not for the eyes of the one who bought it.
    own = Reconnect.objects.filter(vehicle=vehicle, created_at__gte=vehicle.connected_at)
    latest = own.order_by("-pk").first()
    return progress(reconnect=latest, vehicle=vehicle, now=now) if latest else None


def progress(*, reconnect: Reconnect, vehicle: Vehicle, now: datetime) -> Progress | None:
    """What to say of a reconnect; None where there is nothing new."""
    kind = _kind(reconnect, vehicle=vehicle, now=now)
    if kind is None:
        return None
    is_done = reconnect.came_back_with == CameBack.DONE
    signed_in_at = reconnect.came_back_at if is_done else None
    begins_at = signed_in_at or reconnect.redirected_at
    is_live = begins_at is not None and now - begins_at < REFRESHES_FOR and kind in WAITING
    refresh_seconds = REFRESH_SECONDS if is_live else None
    if kind == "preparing":
        refresh_seconds = PREPARING_REFRESH_SECONDS
    return Progress(
        kind=kind,
        make=make_name(vehicle),
        sent_off=_words(reconnect.redirected_at, now=now),
        signed_in=_words(signed_in_at, now=now),
        next_look=_words(reconnect.next_work_at, now=now),
        data_received=_words(vehicle.last_status_at, now=now),
        refresh_seconds=refresh_seconds,
        happened=_happened(reconnect, kind, vehicle=vehicle, now=now),
    )


def _happened(latest: Reconnect, kind: str, *, vehicle: Vehicle, now: datetime) -> list[Happened]:
    """The way so far, for owners who are on it or have it behind them."""
    if kind not in WAITING | {"back"}:
        return []
    is_done = latest.came_back_with == CameBack.DONE
    steps = [
        (latest.redirected_at, gettext("You went to sign in again")),
        (latest.came_back_at if is_done else None, gettext("You came back")),
        (vehicle.last_status_at if kind == "back" else None, gettext("Data from your car came in")),
    ]
    return happened(steps, now=now)


def _words(moment: datetime | None, *, now: datetime) -> str:
    return day_and_time(moment, now=now) if moment else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Ids of vehicles whose cause is not the latest news: data is waited for, or ev.energy has refused the way."""

    waiting: frozenset[str]
    refused: frozenset[str]


def under_way(*, vehicles: Sequence[Vehicle], now: datetime) -> UnderWay:
    """What the list says in place of the cause. One query, none for no vehicles."""
    newer = Reconnect.objects.filter(vehicle=OuterRef("vehicle"), pk__gt=OuterRef("pk"))
    latest = Reconnect.objects.filter(
        ~Exists(newer), vehicle__in=vehicles, created_at__gte=F("vehicle__connected_at")
    )
    by_id = {vehicle.pk: vehicle for vehicle in vehicles}
    kinds = {row.vehicle_id: _kind(row, vehicle=by_id[row.vehicle_id], now=now) for row in latest}
    return UnderWay(
        waiting=frozenset(pk for pk, kind in kinds.items() if kind in WAITING),
        refused=frozenset(pk for pk, kind in kinds.items() if kind in REFUSED),
    )


def _kind(latest: Reconnect, *, vehicle: Vehicle, now: datetime) -> str | None:
    if latest.is_link_awaited or latest.has_link_prepared(now=now):
        return "preparing" if latest.is_link_awaited else "ready"
    if latest.state == State.REDIRECTED:
        return _kind_of_watch(latest, now=now)
    # The watch after a redirect is over once an e-mailed reconnect is open in another state.
    over_at = latest.ended_at or latest.redirected_at
    if over_at is None:
        return None
    is_recent = now - over_at <= SHOWN_FOR
    if not vehicle.needs_repair:
        return "back" if latest.state == State.RECONNECTED and is_recent else None
    if latest.state in {State.EMAILED, State.OPENED, State.EXPIRED} and latest.redirected_at and is_recent:
        return "over"
    is_refusal = latest.state == State.FAILED and latest.failure
    return _refusal(Failure(latest.failure), ended_at=over_at, now=now) if is_refusal else None


def _kind_of_watch(latest: Reconnect, *, now: datetime) -> str:
    match latest.came_back_with:
        case CameBack.STOPPED:
            return "stopped"
        case CameBack.BROKEN:
            return "broken"
        case CameBack.DONE if latest.came_back_at and now - latest.came_back_at < REFRESHES_FOR:
            return "signed_in"
    is_later = latest.next_work_at is not None and latest.next_work_at > now
    return "waiting" if is_later else "checking"


def _refusal(failure: Failure, *, ended_at: datetime, now: datetime) -> str | None:
    """The refusals after which the same button would only lead to the same page."""
    if failure == Failure.CONFLICT and now - ended_at > CONFLICT_LASTS:
        return None
    return failure.lower() if failure.lower() in REFUSED else None
