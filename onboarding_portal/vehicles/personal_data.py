"""What `vehicles` holds about a person: their cars and what staff wrote about them; and what goes at ev.energy."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from onboarding_portal.accounts.held import Held, Mention, Person, PersonalData, Signed
from onboarding_portal.accounts.models import Erasure
from onboarding_portal.vehicles.car_to_erase import CarToErase
from onboarding_portal.vehicles.models import ByHand, Leaving, Note, StaleEpisode, SyncRun, Vehicle
from onboarding_portal.vehicles.tasks import enqueue_due_work


def _forget_unreadable(rows: QuerySet[SyncRun], person: Person) -> int:
    """Readings name the cars they could not read."""
    count = 0
    for run in rows:
        kept = [each for each in run.unreadable if each[0] not in person.vehicle_ids]
        if len(kept) < len(run.unreadable):
            count += SyncRun.objects.filter(pk=run.pk).update(unreadable=kept)
    return count


def _keep_without_car(rows: QuerySet[StaleEpisode], person: Person) -> int:
    """How often and how long cars are dark stays counted; whose car it was does not."""
    return rows.update(vehicle=None)


class VehiclesPersonalData(PersonalData):
    room = "vehicles"
    height = 10
    held = (
        Held(
            model=Note,
            rows=lambda person: Note.objects.filter(
                Q(owner=person.user_id) | Q(vehicle__in=person.vehicle_ids)
            ),
            exported=["written_at", "vehicle_id", "text"],
        ),
        Held(
            model=ByHand,
            rows=lambda person: ByHand.objects.filter(owner=person.user_id),
            exported=["since", "vehicle_id", "reason", "ended_at"],
        ),
        Held(
            model=StaleEpisode,
            rows=lambda person: StaleEpisode.objects.filter(vehicle__owner=person.user_id).of_present_owner(),
            exported=["vehicle_id", "reason", "cause", "started_at", "ended_at", "ended_by"],
            erase=_keep_without_car,
        ),
        Held(
            model=SyncRun,
            rows=lambda person: SyncRun.objects.exclude(unreadable=[]),
            because="a reading that could not read a car says its id; the id is taken out",
            erase=_forget_unreadable,
        ),
        Held(
            model=Vehicle,
            rows=lambda person: Vehicle.objects.filter(owner=person.user_id),
            exported=[
                *("vehicle_id", "make__name", "model__name", "trim__name", "description", "nickname"),
                *("integration", "is_disabled", "is_smart_charging_on", "last_status_at"),
                *("state_of_charge_percentage", "is_plugged_in", "is_charging"),
                *("stale_since", "stale_reason", "cause", "cause_detail", "staff_notes"),
                *("connected_at", "read_at", "removed_at", "leaving", "leaving_asked_at"),
            ],
        ),
    )
    mentions = (
        Mention(model=Note, columns=["text"]),
        Mention(model=ByHand, columns=["reason"]),
        # A car that was handed over says whose it still is at ev.energy; without that, ev.energy's word holds again.
        Mention(model=Vehicle, columns=["staff_notes", "handed_over_under"]),
    )
    signed = (
        Signed(model=Note, columns=["author_name"]),
        Signed(model=ByHand, columns=["colleague_name", "assigned_by_name", "ended_by_name"]),
    )
    not_about_owners = {
        "vehicles.MakeOutage": "names the colleagues who set and lifted a mark",
        "vehicles.CarToErase": "an id and a hash until ev.energy has erased the car, then nothing",
    }

    def erase_elsewhere(self, person: Person, erasure: Erasure) -> None:
        _erase_cars(person.present_vehicle_ids, person, erasure)

    def keep_promises(self, person: Person, erasure: Erasure) -> None:
        leaving = Vehicle.objects.present().filter(owner=person.user_id, leaving=Leaving.REMOVING)
        _erase_cars(leaving.order_by("pk").values_list("pk", flat=True), person, erasure)


def _erase_cars(vehicle_ids: Iterable[str], person: Person, erasure: Erasure) -> None:
    user_id = person.ev_energy_user_id
    cars = [
        CarToErase.of(erasure=erasure, vehicle_id=vehicle_id, ev_energy_user_id=user_id)
        for vehicle_id in vehicle_ids
    ]
    CarToErase.objects.bulk_create(cars)
    transaction.on_commit(partial(enqueue_due_work))
