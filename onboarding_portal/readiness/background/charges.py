"""What cars charged, from sub-sessions of all of them: pages of a stretch of time, each stored with where to go on.

Nothing is asked car by car. A stretch is a day at most, so that a long pause is caught up in pieces.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.readiness.background.portion import LEASE, Portion, Progress
from onboarding_portal.readiness.models import WORTH_DAYS, Readiness, Reading
from onboarding_portal.vehicles.models import Vehicle

LONGEST_STRETCH = timedelta(days=1)
SHORTEST_STRETCH = timedelta(hours=2)
# ev.energy may list a sub-session some time after its end.
LAG = timedelta(hours=1)
EDGE = timedelta(microseconds=1)
# An owner is told of the first smart charge if it is news, and the car was connected not long ago.
NEWS_FOR = timedelta(days=2)
NEWLY_CONNECTED = timedelta(days=60)
AT_HOME_MODES = frozenset({"SMART", "BOOST", "UNMANAGED_HOME"})
COPIED = [
    *(
        "last_charged_at",
        "first_smart_at",
        "latest_smart",
        "latest_smart_at",
        "smart_wh_by_start",
        "smart_wh",
    ),
    *("is_at_home", "is_controllable", "commands_arrive", "first_mail_due_at"),
]


def read_charges(reading: Reading, *, client: Client, portion: Portion) -> Progress:
    """Reads on from where the last one stopped. Raises EvEnergyError where trying again does not help."""
    while stretch := _stretch(reading, now=portion.now()):
        since, until = stretch
        pages = client.sub_sessions(
            ended_after=since - EDGE, ended_before=until, page_after=reading.cursor or None
        )
        for page in portion.limited(pages):
            with transaction.atomic():
                store(page.items, now=portion.now())
                if not portion.progress(reading, cursor=page.next_cursor or "", ends_at=until):
                    return Progress.LEASE_LOST
        if portion.is_used_up:
            return Progress.PART_READ
    _note_since_when(now=portion.now())
    return Progress.COMPLETE


def _stretch(reading: Reading, *, now: datetime) -> tuple[datetime, datetime] | None:
    """The next stretch of time; None where all is read."""
    since = reading.read_until or now - timedelta(days=WORTH_DAYS)
    if reading.part_until is not None:
        return since, reading.part_until
    until = min(since + LONGEST_STRETCH, now - LAG)
    if until - since < SHORTEST_STRETCH:
        return None
    reading.write(read_until=since, part_until=until, cursor="", lease_expires_at=now + LEASE)
    return since, until


def _note_since_when(*, now: datetime) -> None:
    """From now on, a car of which nothing is heard has not been charged."""
    Readiness.objects.filter(charging_known_since=None).update(charging_known_since=now)


def store(sessions: Sequence[SubSession], *, now: datetime) -> None:
    """Adds them to the rows of their cars, in a constant number of queries. What is read twice counts once."""
    ids = {session.vehicle_id for session in sessions if session.vehicle_id}
    cars = Vehicle.objects.present().filter(pk__in=ids).values_list("pk", "owner_id")
    Readiness.objects.bulk_create(
        [Readiness(vehicle_id=pk, kept_for=owner_id) for pk, owner_id in cars], ignore_conflicts=True
    )
    rows = Readiness.objects.filter(pk__in=ids, kept_for=F("vehicle__owner_id")).select_related("vehicle")
    locked = {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",))}
    for session in sorted(sessions, key=lambda each: each.started_at):
        row = locked.get(session.vehicle_id or "")
        if row and session.ended_at and row.vehicle.connected_at <= session.ended_at <= now:
            _add(row, session, ended_at=session.ended_at, now=now)
    Readiness.objects.bulk_update(locked.values(), COPIED)


def _add(row: Readiness, session: SubSession, *, ended_at: datetime, now: datetime) -> None:
    row.last_charged_at = max(row.last_charged_at or ended_at, ended_at)
    if session.mode in AT_HOME_MODES:
        row.is_at_home = True
    wh = max(0, session.energy_wh or 0)
    if not session.is_smart or not wh:
        return
    row.is_controllable = row.commands_arrive = True
    if row.first_smart_at is None:
        row.first_smart_at = ended_at
        is_news = now - ended_at < NEWS_FOR and now - row.vehicle.connected_at < NEWLY_CONNECTED
        row.first_mail_due_at = now if is_news else None
    row.first_smart_at = min(row.first_smart_at, ended_at)
    _add_worth(row, session, wh=wh)
    if row.latest_smart_at is None or ended_at >= row.latest_smart_at:
        row.latest_smart_at = ended_at
        row.latest_smart = {
            "started_at": session.started_at.isoformat(),
            "wh": wh,
            "cost": session.cost,
            "currency": session.currency[:3],
            "co2_g": session.co2_g,
        }


def _add_worth(row: Readiness, session: SubSession, *, wh: int) -> None:
    """Of all smart charges, those of the 30 days up to the car's latest are kept."""
    amounts: dict[str, int] = {**row.smart_wh_by_start, _key(session.started_at): wh}
    last = datetime.fromisoformat(max(amounts))
    first = _key(last - timedelta(days=WORTH_DAYS))
    row.smart_wh_by_start = {start: each for start, each in sorted(amounts.items()) if start > first}
    row.smart_wh = sum(row.smart_wh_by_start.values())


def _key(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
