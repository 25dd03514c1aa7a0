"""What the owner's vehicle page says of a reconnect: what was done, what is known, when it is looked at again.

ev.energy sends owners back to an address fixed for the whole application, so this page is where they wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.cards import day_and_time
from onboarding_portal.vehicles.models import Vehicle

# The page refreshes itself for so long after the redirect. Then news comes by e-mail.
REFRESHES_FOR = timedelta(minutes=15)
REFRESH_SECONDS = 20

SHOWN_FOR = timedelta(days=3)

_CLASSES = {"back": "notice-good", "over": "notice-bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`kind` is waiting, checking, back or over; times are in words."""

    kind: str
    make: str
    sent_off: str
    next_look: str
    data_received: str
    refresh_seconds: int | None

    @property
    def is_on_the_way(self) -> bool:
        """Whether what was wrong before is no longer news: the owner has done their part, and we look."""
        return self.kind in {"waiting", "checking"}

    @property
    def notice_class(self) -> str:
        return _CLASSES.get(self.kind, "notice-warn")


def progress_of(*, vehicle: Vehicle, now: datetime) -> Progress | None:
    """What to say of the vehicle's latest reconnect; None where there is nothing new. One query."""
    # What a former owner of the car did is not for the eyes of the one who bought it.
    own = Reconnect.objects.filter(vehicle=vehicle, created_at__gte=vehicle.connected_at)
    latest = own.order_by("-pk").first()
    if latest is None or (kind := _kind(latest, vehicle=vehicle, now=now)) is None:
        return None
    sent_off, next_look, received = latest.redirected_at, latest.next_work_at, vehicle.last_status_at
    is_live = sent_off is not None and now - sent_off < REFRESHES_FOR and kind in {"waiting", "checking"}
    return Progress(
        kind=kind,
        make=make_name(vehicle),
        sent_off=day_and_time(sent_off, now=now) if sent_off else "",
        next_look=day_and_time(next_look, now=now) if next_look else "",
        data_received=day_and_time(received, now=now) if received else "",
        refresh_seconds=REFRESH_SECONDS if is_live else None,
    )


def on_the_way(*, vehicle_ids: Sequence[str]) -> set[str]:
    """Those of the vehicles whose owner was sent off and whose data is waited for. One query, none for no ids."""
    sent_off = Reconnect.objects.filter(
        vehicle__in=vehicle_ids, state=State.REDIRECTED, created_at__gte=F("vehicle__connected_at")
    )
    return set(sent_off.values_list("vehicle_id", flat=True))


def _kind(latest: Reconnect, *, vehicle: Vehicle, now: datetime) -> str | None:
    if latest.state == State.REDIRECTED:
        is_later = latest.next_work_at is not None and latest.next_work_at > now
        return "waiting" if is_later else "checking"
    if latest.ended_at is None or now - latest.ended_at > SHOWN_FOR:
        return None
    if latest.state == State.RECONNECTED and not vehicle.needs_repair:
        return "back"
    if latest.state == State.EXPIRED and latest.redirected_at and vehicle.needs_repair:
        return "over"
    return None
