"""Stores what ev.energy says of vehicles: one read for its owner, or a page of them in a sync.

Nothing goes back in time: a row that was read later stays as it is, and an older sample never replaces a
newer one.

Who owns a vehicle is ev.energy's to say. A single read is refused when it would give a vehicle to somebody
else than the row's owner; only a sync, which nobody in front of a screen can steer, moves it. What the portal
had noted for the former owner (name, notes, stale, cause, first seen, status) does not move with it. A vehicle
whose new owner the portal does not know is marked removed, so that the former owner no longer sees it.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from onboarding_portal import news
from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.ev_energy import resources
from onboarding_portal.storable import storable
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.announcing import of_connected_cars, of_removed_cars
from onboarding_portal.vehicles.changed_hands import (
    STATUS_FIELDS,
    Handover,
    take_private_out,
    write_history,
)
from onboarding_portal.vehicles.leaving import NOT_LEAVING
from onboarding_portal.vehicles.models import INTEGRATION_LENGTH, NOT_STALE, Integration, Vehicle

logger = logging.getLogger(__name__)

READ_FIELDS = [
    *("make", "model", "trim", "description", "integration", "is_disabled", "is_smart_charging_on"),
    *("read_at", "removed_at"),
    *NOT_LEAVING,
    *STATUS_FIELDS,
]
OWNER_FIELDS = ["owner", "handed_over_under", "nickname", "connected_at", "staff_notes", *NOT_STALE]

DESCRIPTION_LENGTH = 200
CLOCK_SKEW = timedelta(minutes=10)  # a sample further ahead of our clock than this is not believed


class BelongsToAnotherOwner(Exception):
    """The vehicle is somebody else's, at ev.energy or in the portal. Nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """How many vehicles a page had, and what came of them. The names are those of SyncRun's counts."""

    vehicle_count: int
    created_count: int
    unknown_owner_count: int
    owner_changed_count: int

    def counts(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Known:
    """Which makes, models and trims the catalogue has: a vehicle may point at no others."""

    makes: frozenset[str]
    models: frozenset[str]
    trims: frozenset[str]

    @classmethod
    def among(cls, page: Collection[resources.Vehicle]) -> "_Known":
        makes = {resource.make_id for resource in page if resource.make_id}
        models = {resource.model_id for resource in page if resource.model_id}
        trims = {resource.trim_id for resource in page if resource.trim_id}
        return cls(
            frozenset(Make.objects.filter(pk__in=makes).values_list("pk", flat=True)),
            frozenset(Model.objects.filter(pk__in=models).values_list("pk", flat=True)),
            frozenset(Trim.objects.filter(pk__in=trims).values_list("pk", flat=True)),
        )


def store_vehicle(*, resource: resources.Vehicle, owner: User, now: datetime) -> Vehicle:
    """Stores one vehicle that was read with `GET /vehicles/{id}` for `owner`, and returns its row.

    `now` is when it was read. Raises BelongsToAnotherOwner if the portal has it for somebody else, or if
    ev.energy says so (unless EV_ENERGY_VERIFY_OWNERSHIP is off: the API's sandbox names one user always).
    """
    if settings.EV_ENERGY_VERIFY_OWNERSHIP and not is_owners(resource, owner):
        raise BelongsToAnotherOwner
    known = _Known.among([resource])
    fresh = _new_row(resource, owner_id=owner.pk, known=known, now=now)
    with transaction.atomic():
        # Two tabs may store the same vehicle at once: one inserts, and both go on with the one row, in turn.
        Vehicle.objects.bulk_create([fresh], ignore_conflicts=True)
        vehicle = Vehicle.objects.select_for_update().get(pk=resource.vehicle_id)
        if vehicle.owner_id != owner.pk:
            raise BelongsToAnotherOwner
        was_gone = vehicle.removed_at is not None and vehicle.read_at <= now
        if vehicle.read_at <= now:
            vehicle.removed_at = None
            _read(vehicle, resource, known=known, now=now)
            vehicle.refresh_due_at = None
            vehicle.save(update_fields=[*READ_FIELDS, "refresh_due_at"])
        _tell([vehicle], gone={vehicle.pk} if was_gone else set(), now=now)
    staleness.apply_to(vehicle=vehicle, now=now)
    return vehicle


def store_page(*, resources: Sequence[resources.Vehicle], now: datetime) -> StoredPage:
    """Stores a page of `GET /vehicles` in a constant number of queries; `now` is when it was asked for.

    Staleness is not looked at here: a sync applies it to all vehicles at once.
    """
    page = {resource.vehicle_id: resource for resource in resources}
    owner_ids = _owner_ids(page.values())
    known = _Known.among(page.values())
    fresh = [
        _new_row(resource, owner_id=owner_ids[resource.user_id], known=known, now=now)
        for resource in page.values()
        if resource.user_id in owner_ids
    ]
    handovers: list[Handover] = []
    with transaction.atomic():
        stored = _lock(page)
        missing = [row for row in fresh if row.pk not in stored]
        if missing:
            Vehicle.objects.bulk_create(missing, ignore_conflicts=True)
            stored |= _lock([row.pk for row in missing])
        due = [vehicle for vehicle in stored.values() if vehicle.read_at <= now]
        gone = {vehicle.pk for vehicle in due if vehicle.removed_at is not None}
        for vehicle in due:
            resource = page[vehicle.pk]
            handovers += _follow_owner(vehicle, _owner_of(vehicle, resource, owner_ids), now=now)
            _read(vehicle, resource, known=known, now=now)
        Vehicle.objects.bulk_create(
            due, update_conflicts=True, unique_fields=["vehicle_id"], update_fields=READ_FIELDS + OWNER_FIELDS
        )
        write_history(handovers)
        _tell(due, gone=gone, now=now)
    return StoredPage(
        vehicle_count=len(page),
        created_count=len(missing),
        unknown_owner_count=sum(resource.user_id not in owner_ids for resource in page.values()),
        owner_changed_count=sum(handover.present_id is not None for handover in handovers),
    )


def _tell(cars: Sequence[Vehicle], *, gone: Collection[str], now: datetime) -> None:
    """Of cars that are new with their owner, back after they were `gone`, or gone now."""
    present = [car for car in cars if car.removed_at is None and (car.connected_at == now or car.pk in gone)]
    removed = [car for car in cars if car.removed_at == now and car.pk not in gone]
    if present or removed:
        news.tell(lambda: [*of_connected_cars(present, now=now), *of_removed_cars(removed, now=now)])


def _owner_ids(page: Collection[resources.Vehicle]) -> dict[str, int]:
    """Returns our owner for each of ev.energy's users on the page that we know."""
    user_ids = {resource.user_id for resource in page}
    owners = User.objects.filter(ev_energy_user_id__in=user_ids)
    rows = owners.values_list("ev_energy_user_id", "pk", "merged__into")
    return {user_id or "": into or pk for user_id, pk, into in rows}


def is_owners(resource: resources.Vehicle, owner: User) -> bool:
    """By the owner's users at ev.energy; or because staff handed over what ev.energy cannot."""
    if owner.is_at_ev_energy(resource.user_id):
        return True
    mine = Vehicle.objects.filter(pk=resource.vehicle_id, owner=owner).exclude(handed_over_under="")
    return mine.filter(handed_over_under=resource.user_id).exists()


def _lock(vehicle_ids: Collection[str]) -> dict[str, Vehicle]:
    """Locks rows in the order of their ids, so that two processes never wait for each other."""
    rows = Vehicle.objects.filter(pk__in=list(vehicle_ids)).order_by("pk").select_for_update()
    return {vehicle.pk: vehicle for vehicle in rows}


def _new_row(resource: resources.Vehicle, *, owner_id: int, known: _Known, now: datetime) -> Vehicle:
    vehicle = Vehicle(vehicle_id=resource.vehicle_id, owner_id=owner_id, connected_at=now)
    _read(vehicle, resource, known=known, now=now)
    return vehicle


def _owner_of(vehicle: Vehicle, resource: resources.Vehicle, owner_ids: dict[str, int]) -> int | None:
    """Whom ev.energy names, except where it names the one from whom staff took the car."""
    if vehicle.handed_over_under and vehicle.handed_over_under == resource.user_id:
        return vehicle.owner_id
    vehicle.handed_over_under = ""  # it has yet another user there: ev.energy's word holds again
    return owner_ids.get(resource.user_id)


def _follow_owner(vehicle: Vehicle, owner_id: int | None, *, now: datetime) -> list[Handover]:
    """Gives the row to the owner ev.energy names; returns the handover, if it is news. None: nobody we know."""
    if owner_id == vehicle.owner_id or not settings.EV_ENERGY_VERIFY_OWNERSHIP:
        vehicle.removed_at = None
        return []
    handover = take_private_out(vehicle, present_id=owner_id)
    if owner_id is None:
        is_news = vehicle.removed_at is None
        vehicle.removed_at = vehicle.removed_at or now
        return [handover] if is_news else []
    logger.warning("A vehicle has another owner at ev.energy now", extra={"vehicle_id": vehicle.pk})
    vehicle.owner_id, vehicle.connected_at, vehicle.removed_at = owner_id, now, None
    return [handover]


def _read(vehicle: Vehicle, resource: resources.Vehicle, *, known: _Known, now: datetime) -> None:
    vehicle.make_id = resource.make_id if resource.make_id in known.makes else None
    vehicle.model_id = resource.model_id if resource.model_id in known.models else None
    vehicle.trim_id = resource.trim_id if resource.trim_id in known.trims else None
    vehicle.description = storable(resource.description)[:DESCRIPTION_LENGTH]
    vehicle.integration = storable(resource.integration)[:INTEGRATION_LENGTH]
    vehicle.is_disabled = bool(resource.is_disabled)
    vehicle.is_smart_charging_on = resource.is_smart_charging_on
    vehicle.read_at = now
    if vehicle.is_let_go and vehicle.integration == Integration.ACTIVE:
        for field, value in NOT_LEAVING.items():  # it was connected again, here or elsewhere
            setattr(vehicle, field, value)
    if resource.latest_status:
        _read_status(vehicle, resource.latest_status, now=now)


def _read_status(vehicle: Vehicle, status: resources.StatusLog, *, now: datetime) -> None:
    # Some cars' clocks are ahead. A sample cannot be newer than the moment ev.energy received it.
    sampled_at = min(status.sampled_at, status.logged_at or status.sampled_at)
    if sampled_at > now + CLOCK_SKEW:
        return
    if vehicle.last_status_at is not None and vehicle.last_status_at > sampled_at:
        return
    charge = status.state_of_charge_percentage
    vehicle.last_status_at = sampled_at
    vehicle.state_of_charge_percentage = charge if charge is not None and 0 <= charge <= 100 else None
    vehicle.is_plugged_in = status.is_plugged_in
    vehicle.is_charging = status.is_charging
