"""How a vehicle looks to its owner: a word for its state, when it last sent data, what to do if it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext

from onboarding_portal.vehicles.advice import Words, is_reconnect_offered, words_for, words_in_outage
from onboarding_portal.vehicles.conditions import NEEDS_ATTENTION, SENDS_DATA, Condition, condition_of
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.refresh import is_worth_reading
from onboarding_portal.vehicles.telling_apart import told_apart

# How long a page keeps refreshing itself after the car was connected. Then the owner is asked to look in later.
WATCHED_FOR = timedelta(minutes=15)
# A battery figure older than this is told with its age: the car may have been driven or charged since.
FRESH_FOR = timedelta(hours=2)


@dataclass(frozen=True)
class Card:
    """One vehicle in the owner's words, at `now`. `told_apart_by` is what to say beside its name, "" for nothing."""

    vehicle: Vehicle
    now: datetime
    told_apart_by: str = ""

    @cached_property
    def condition(self) -> Condition:
        return condition_of(self.vehicle)

    @property
    def badge_class(self) -> str:
        return self.condition.badge_class

    @property
    def is_waiting(self) -> bool:
        return self.condition is Condition.WAITING

    @property
    def sends_data(self) -> bool:
        return self.condition in SENDS_DATA

    @property
    def is_let_go(self) -> bool:
        return self.condition is Condition.LET_GO

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

    @property
    def data_age(self) -> str:
        """Returns "3 days" for what the car said so long ago; "" for what is fresh, or was never said."""
        said_at = self.vehicle.last_status_at
        if said_at is None or self.now - said_at <= FRESH_FOR:
            return ""
        return timesince(said_at, self.now, depth=1)

    @cached_property
    def words(self) -> Words:
        return words_in_outage(self.vehicle) if self.is_trouble else words_for(self.vehicle)

    @property
    def is_trouble(self) -> bool:
        return self.condition is Condition.TROUBLE

    @property
    def reconnect_label(self) -> str:
        """What the button says; "" where signing in again would not help."""
        if self.condition is Condition.LET_GO:
            return gettext("Connect it again")
        if not (self.needs_attention and is_reconnect_offered(self.vehicle)):
            return ""
        if self.is_trouble:
            return gettext("Sign in again all the same")
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


def card_page(
    *, vehicles: Iterable[Vehicle], now: datetime, among: Iterable[Vehicle] | None = None
) -> CardPage:
    """`among` are all of the owner's vehicles, where the page shows fewer."""
    vehicles = list(vehicles)
    told = told_apart(vehicles if among is None else among)
    cards = [Card(vehicle, now, told.get(vehicle.pk, "")) for vehicle in vehicles]
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
    words = {"time": date_format(local, "TIME_FORMAT")}
    if local.date() == today:
        return gettext("today at %(time)s") % words
    if local.date() == today - timedelta(days=1):
        return gettext("yesterday at %(time)s") % words
    words["day"] = date_format(local, "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT")
    return gettext("on %(day)s at %(time)s") % words
