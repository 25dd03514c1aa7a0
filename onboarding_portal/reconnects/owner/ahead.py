"""What owners of old connections are told before they break, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext, ngettext

from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.models import Integration, Vehicle

DAY = timedelta(days=1)
DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Ahead:
    """The connection is older, in days, than most get with its make."""

    vehicle: Vehicle
    told_from_days: int
    age_days: int

    @property
    def words(self) -> str:
        return gettext(
            "Most connections with %(make)s last for less than %(usual)s; yours is %(age)s old. It may end soon. You "
            "need not do anything now: if it ends, your page here has a button to sign in again."
        ) % {
            "make": make_name(self.vehicle),
            "usual": length_in_words(self.told_from_days),
            "age": length_in_words(self.age_days),
        }


def told_ahead(vehicles: Iterable[Vehicle], *, now: datetime) -> dict[str, Ahead]:
    """By vehicle id, for those that work still. One query, none where no car could be meant."""
    working = {
        vehicle.pk: vehicle
        for vehicle in vehicles
        if vehicle.integration == Integration.ACTIVE and not vehicle.is_stale and vehicle.is_connectable
    }
    if not any(vehicle.make_id for vehicle in working.values()):
        return {}
    live: Any = Vehicle.objects.with_live_connection().filter(make__survival__told_from_days__isnull=False)
    rows = live.filter(pk__in=working).values_list("pk", "connected_since", "make__survival__told_from_days")
    aheads = [Ahead(working[pk], told_from, (now - since) // DAY) for pk, since, told_from in rows]
    return {each.vehicle.pk: each for each in aheads if each.age_days >= each.told_from_days}


def length_in_words(days: int) -> str:
    """Returns "5 months" or "40 days": months from two of them on."""
    if days < 2 * DAYS_A_MONTH:
        return ngettext("%d day", "%d days", days) % days
    months = round(days / DAYS_A_MONTH)
    return ngettext("%d month", "%d months", months) % months
