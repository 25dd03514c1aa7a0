"""How a vehicle looks to its owner: a word for its state, when it last sent data, what to do if it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.advice import Words, is_reconnect_offered, words_for
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from onboarding_portal.vehicles.refresh import is_worth_reading

# How long a page keeps refreshing itself after the car was connected. Then the owner is asked to look in later.
WATCHED_FOR = timedelta(minutes=15)


class Condition(TextChoices):
    WORKING = "working", _("Working")
    WAITING = "waiting", _("Waiting for first data")
    CONNECTION_LOST = "connection-lost", _("Connection lost")
    SILENT = "silent", _("No data lately")
    MARKED = "marked", _("Needs attention")
    SWITCHED_OFF = "switched-off", _("Switched off")
    NOT_CONNECTED = "not-connected", _("Not connected")


BADGES = {
    Condition.WORKING: "badge-good",
    Condition.WAITING: "badge-warn",
    Condition.CONNECTION_LOST: "badge-bad",
    Condition.SILENT: "badge-bad",
    Condition.MARKED: "badge-bad",
    Condition.SWITCHED_OFF: "badge-quiet",
    Condition.NOT_CONNECTED: "badge-quiet",
}

NEEDS_ATTENTION = {Condition.CONNECTION_LOST, Condition.SILENT, Condition.MARKED}


@dataclass(frozen=True)
class Card:
    """One vehicle in the owner's words, at `now`."""

    vehicle: Vehicle
    now: datetime

    @cached_property
    def condition(self) -> Condition:
        vehicle = self.vehicle
        if vehicle.is_disabled:
            return Condition.SWITCHED_OFF
        if vehicle.integration == Integration.UNINTEGRATED:
            return Condition.NOT_CONNECTED
        if vehicle.stale_reason == StaleReason.MARKED_BY_STAFF:
            return Condition.MARKED
        if vehicle.integration == Integration.INACTIVE or vehicle.stale_reason == StaleReason.CONNECTION_LOST:
            return Condition.CONNECTION_LOST
        if vehicle.stale_reason == StaleReason.SILENT:
            return Condition.SILENT
        return Condition.WORKING if vehicle.last_status_at else Condition.WAITING

    @property
    def badge_class(self) -> str:
        return BADGES[self.condition]

    @property
    def is_waiting(self) -> bool:
        return self.condition is Condition.WAITING

    @property
    def needs_attention(self) -> bool:
        return self.condition in NEEDS_ATTENTION

    @property
    def is_watched(self) -> bool:
        """Whether the page goes on refreshing itself until the first data is here."""
        return self.is_waiting and self.now - self.vehicle.connected_at < WATCHED_FOR

    @property
    def last_data(self) -> str:
        """Returns "today at 14:02", "" if the car never sent data."""
        return day_and_time(self.vehicle.last_status_at, now=self.now) if self.vehicle.last_status_at else ""

    @cached_property
    def words(self) -> Words:
        return words_for(self.vehicle)

    @property
    def reconnect_label(self) -> str:
        """What the button says; "" where signing in again would not help."""
        if not (self.needs_attention and is_reconnect_offered(self.vehicle)):
            return ""
        make = self.vehicle.make.name if self.vehicle.make else gettext("car")
        return gettext("Reconnect your %(make)s") % {"make": make}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """What a page shows. `refresh_seconds` is None once nothing is waited for.

    `worth_reading` is the car that should be read again in the background: one for each page shown, as an owner with
    many new cars must not spend the budget of all owners.
    """

    cards: list[Card]
    refresh_seconds: int | None
    worth_reading: Vehicle | None


def card_page(*, vehicles: Iterable[Vehicle], now: datetime) -> CardPage:
    cards = [Card(vehicle, now) for vehicle in vehicles]
    watched = [card.vehicle for card in cards if card.is_watched]
    due = [vehicle for vehicle in watched if is_worth_reading(vehicle=vehicle, now=now)]
    return CardPage(
        cards=cards,
        refresh_seconds=_refresh_seconds(watched, now),
        worth_reading=min(due, key=lambda vehicle: vehicle.read_at, default=None),
    )


def _refresh_seconds(watched: list[Vehicle], now: datetime) -> int | None:
    if not watched:
        return None
    youngest = min(now - vehicle.connected_at for vehicle in watched)
    return 10 if youngest < timedelta(minutes=2) else 30


def day_and_time(moment: datetime, *, now: datetime) -> str:
    """Returns "today at 14:02", "yesterday at 14:02", "on 3 March at 14:02"; with the year if it is another."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    words = {"time": date_format(local, gettext("H:i"))}
    if local.date() == today:
        return gettext("today at %(time)s") % words
    if local.date() == today - timedelta(days=1):
        return gettext("yesterday at %(time)s") % words
    words["day"] = date_format(local, gettext("j F") if local.year == today.year else gettext("j F Y"))
    return gettext("on %(day)s at %(time)s") % words
