"""A car is sold. What was private to the former owner leaves the car's row and stays in their own history.

Both histories are staff's: the car's page in the admin says that it changed hands and when; the former owner's keeps
what staff wrote about the car. No page of the new owner shows either. The history goes when its owner is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.translation import gettext

from onboarding_portal.accounts.audit import Act, about_cars, job, record
from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.leaving import NOT_LEAVING
from onboarding_portal.vehicles.models import NOT_STALE, StaleReason, Vehicle

# What a row says of the car at the time of its owner; nothing of it is the next one's business.
STATUS_FIELDS = ["last_status_at", "state_of_charge_percentage", "is_plugged_in", "is_charging"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """`present_id` is None if the portal does not know the new owner: the row stays the former one's, and hidden."""

    vehicle_id: str
    former_id: int
    present_id: int | None
    staff_notes: str
    was_marked: bool


def take_private_out(vehicle: Vehicle, *, present_id: int | None) -> Handover:
    """Empties what is private in the row, which is not saved, and returns it. Notes and name stay until it moves."""
    handover = Handover(
        vehicle_id=vehicle.pk,
        former_id=vehicle.owner_id,
        present_id=present_id,
        staff_notes=vehicle.staff_notes if present_id else "",
        was_marked=vehicle.stale_reason == StaleReason.MARKED_BY_STAFF,
    )
    for field in STATUS_FIELDS:
        setattr(vehicle, field, None)
    for field, value in {**NOT_STALE, **NOT_LEAVING}.items():
        setattr(vehicle, field, value)
    if present_id:
        vehicle.staff_notes = vehicle.nickname = ""
    return handover


def write_history(handovers: Sequence[Handover]) -> None:
    """An event for each car, and one for each former owner. A fixed number of queries, however many they are."""
    if not handovers:
        return
    emails = dict(
        User.objects.filter(pk__in={each.former_id for each in handovers}).values_list("pk", "email")
    )
    entries = []
    for each in handovers:
        entries.append(_entry(each, Vehicle, each.vehicle_id, each.vehicle_id, _of_vehicle(each)))
        entries.append(_entry(each, User, str(each.former_id), emails[each.former_id], _of_former(each)))
    LogEntry.objects.bulk_create(entries)
    sides = [(each.vehicle_id, who) for each in handovers for who in (each.former_id, each.present_id) if who]
    record(act=Act.CHANGED_HANDS, actor=job("sync_vehicles"), about=about_cars(sides))


def _entry(handover: Handover, model: type[Model], pk: str, name: str, text: str) -> LogEntry:
    # An entry must name somebody; it is the former owner, so that it is deleted with them.
    return LogEntry(
        user_id=handover.former_id,
        content_type=ContentType.objects.get_for_model(model),
        object_id=pk,
        object_repr=name[:200],
        action_flag=CHANGE,
        change_message=text,
    )


def _of_vehicle(handover: Handover) -> str:
    if handover.present_id is None:
        return gettext("Has another owner at ev.energy now, whom the portal does not know.")
    words = {"former": handover.former_id, "present": handover.present_id}
    return gettext("Changed hands at ev.energy: from user %(former)s to user %(present)s.") % words


def _of_former(handover: Handover) -> str:
    lines = [gettext("%(vehicle)s has another owner now.") % {"vehicle": handover.vehicle_id}]
    if handover.was_marked:
        lines.append(gettext("It was marked by staff."))
    if handover.staff_notes:
        lines.append(gettext("Staff notes until then: %(notes)s") % {"notes": handover.staff_notes})
    return " ".join(lines)
