"""The gentle lines about charging smartly: on the car's page, and the way on from the page of a new connection."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import Need
from onboarding_portal.readiness.owner.charge_words import latest_charge
from onboarding_portal.readiness.owner.steps import is_asked, way_of
from onboarding_portal.readiness.scopes import asked_of, is_on, steps_wanted
from onboarding_portal.vehicles.cards import Card
from onboarding_portal.vehicles.models import Vehicle


def panel(request: HttpRequest, card: Card) -> dict[str, Any] | None:
    """What `readiness/_car.html` needs; None where there is nothing to say. Two queries."""
    vehicle, now = card.vehicle, timezone.now()
    if not is_on() or not is_asked(vehicle) or card.is_waiting:
        return None
    known = Readiness.objects.filter(pk=vehicle.pk, kept_for=vehicle.owner_id)
    readiness = known.first() or Readiness(vehicle=vehicle)
    readiness.vehicle = vehicle
    way = way_of(readiness, wanted=steps_wanted(), now=now)
    charge = latest_charge(readiness, now=now)
    if not charge and not way.asked:
        return None
    if not charge and way.missing is Need.CONNECTION and not way.open_steps:
        return None
    return {
        "vehicle": vehicle,
        "way": way,
        "charge": charge,
        "kwh": readiness.kwh_of_30_days(today=timezone.localdate(now)),
    }


def next_car(vehicles: Iterable[Vehicle]) -> str:
    """The id of the first car with an open step; "" where there is none. No call to ev.energy."""
    asked = [vehicle for vehicle in vehicles if is_asked(vehicle)]
    wanted = steps_wanted() if asked else []
    if not asked_of(wanted):
        return ""
    known = Readiness.objects.in_bulk([vehicle.pk for vehicle in asked])
    for vehicle in asked:
        readiness = known.get(vehicle.pk)
        if readiness is None or readiness.kept_for != vehicle.owner_id:
            readiness = Readiness(vehicle=vehicle)
        readiness.vehicle = vehicle
        if way_of(readiness, wanted=wanted, now=timezone.now()).open_steps:
            return vehicle.pk
    return ""
