"""All about one owner, for staff: a fixed number of queries, however many cars, mails and notes there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet

from onboarding_portal.accounts.models import (
    AuditEntry,
    AuditSubject,
    Invitation,
    MailPause,
    SentMail,
    SignIn,
    User,
)
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.onboarding.picked import with_names_of_picks
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.cards import Card
from onboarding_portal.vehicles.models import ByHand, MakeOutage, Note, Vehicle
from onboarding_portal.vehicles.telling_apart import told_apart

FIRST_ROWS = 5
MOST_ROWS = 500
FIRST_CARS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The newest of a kind; `has_more` where older ones were left out."""

    name: str
    rows: Sequence[Any]
    has_more: bool

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarOnPage:
    """A car in its owner's words, who handles it by hand, and its open reconnect."""

    card: Card
    by_hand: ByHand | None
    reconnect: Reconnect | None

    @property
    def vehicle(self) -> Vehicle:
        return self.card.vehicle

    @property
    def is_gone(self) -> bool:
        return self.vehicle.removed_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPage:
    owner: User
    cars: Rows
    attempts: Rows
    reconnects: Rows
    mails: Rows
    invitations: Rows
    sign_ins: Rows
    notes: Rows
    history: Rows
    by_hand: ByHand | None
    pause: MailPause | None
    merged: Sequence[User]

    @property
    def present_cars(self) -> list[CarOnPage]:
        return [car for car in self.cars.rows if not car.is_gone]


def owner_page(*, owner: User, whole: str, now: datetime) -> OwnerPage:
    """Returns what the page shows; `whole` names the list that is wanted in full."""
    merged = list(User.objects.merged_into(owner))
    accounts = [owner.pk, *(other.pk for other in merged)]
    handled = list(ByHand.objects.in_force().filter(owner=owner))

    def some(name: str, rows: QuerySet[Any]) -> Rows:
        return _some(name, rows, most=MOST_ROWS if whole == name else FIRST_ROWS)

    return OwnerPage(
        owner=owner,
        cars=_cars(owner, handled, most=MOST_ROWS if whole == "cars" else FIRST_CARS, now=now),
        attempts=some(
            "attempts", with_names_of_picks(Attempt.objects.filter(owner=owner)).order_by("-started_at")
        ),
        reconnects=some("reconnects", _reconnects(owner)),
        mails=some("mails", SentMail.objects.to(owner).order_by("-at")),
        invitations=some("invitations", _invitations(owner)),
        sign_ins=some("sign_ins", SignIn.objects.filter(owner=owner).order_by("-at")),
        notes=some(
            "notes",
            Note.objects.about(owner)
            .order_by("-written_at")
            .select_related("vehicle__make", "vehicle__model"),
        ),
        history=_history(accounts, most=MOST_ROWS if whole == "history" else FIRST_ROWS),
        by_hand=next((row for row in handled if row.vehicle_id is None), None),
        pause=MailPause.objects.in_force().filter(owner=owner).first(),
        merged=merged,
    )


def _some(name: str, rows: Iterable[Any], *, most: int) -> Rows:
    found = list(rows[: most + 1]) if isinstance(rows, QuerySet) else list(rows)
    return Rows(name=name, rows=found[:most], has_more=len(found) > most)


def _cars(owner: User, handled: Sequence[ByHand], *, most: int, now: datetime) -> Rows:
    outage = MakeOutage.objects.of(make_id=OuterRef("make"), controller=OuterRef("controller"))
    rows = Vehicle.objects.filter(owner=owner).annotate(has_outage=Exists(outage))
    vehicles = list(rows.select_related("make", "model", "trim").order_by("removed_at", "pk")[:MOST_ROWS])
    told = told_apart(vehicles)
    open_ones = {
        row.vehicle_id: row for row in Reconnect.objects.open().filter(vehicle__owner=owner).defer("url")
    }
    by_hand = {row.vehicle_id: row for row in handled}
    cars = [
        CarOnPage(
            card=Card(vehicle, now, told.get(vehicle.pk, "")),
            by_hand=by_hand.get(vehicle.pk),
            reconnect=open_ones.get(vehicle.pk),
        )
        for vehicle in vehicles
    ]
    # What needs somebody comes first, what is gone last.
    cars.sort(key=lambda car: (car.is_gone, not car.card.needs_attention))
    return _some("cars", cars, most=most)


def _reconnects(owner: User) -> QuerySet[Reconnect]:
    rows = Reconnect.objects.filter(vehicle__owner=owner).order_by("-pk").defer("url")
    return rows.select_related("vehicle__make", "vehicle__model", "requested_by")


def _invitations(owner: User) -> QuerySet[Invitation]:
    rows = Invitation.objects.for_email(owner.email) | Invitation.objects.filter(user=owner)
    return rows.order_by("-created_at").select_related("invited_by")


def _history(accounts: Sequence[int], *, most: int) -> Rows:
    """Acts of staff and of the portal; and what the portal noted in the owner's own name, as when a car was sold."""
    mine = AuditSubject.objects.filter(owner__in=accounts).values("entry")
    entries = AuditEntry.objects.filter(pk__in=mine).order_by("-pk")[: most + 1]
    users = ContentType.objects.get_for_model(User)
    noted = LogEntry.objects.filter(content_type=users, object_id__in=map(str, accounts), user__in=accounts)
    lines = [
        *(
            HistoryLine(
                at=each.at,
                words=each.words,
                who=each.actor_name or each.get_actor_kind_display(),
                why=each.why,
            )
            for each in entries
        ),
        *(
            HistoryLine(at=each.action_time, words=each.get_change_message())
            for each in noted.order_by("-action_time")[: most + 1]
        ),
    ]
    lines.sort(key=lambda line: line.at, reverse=True)
    return _some("history", lines, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    at: datetime
    words: str
    who: str = ""
    why: str = ""
