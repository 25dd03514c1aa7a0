"""What tells an owner's cars apart where their names do not: two of the same make and model."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from onboarding_portal.vehicles.models import Vehicle

ID_END = 6


def told_apart(vehicles: Iterable[Vehicle]) -> dict[str, str]:
    """Returns words for the ids of those vehicles that need some beside their name.

    A name that the owner gave is always shown. Of the others, those that share a name get the first that differs
    among them: ev.energy's description, the day they were connected, the minute, the end of the id.
    """
    alike = defaultdict(list)
    for vehicle in vehicles:
        alike[vehicle.name].append(vehicle)
    return {pk: words for group in alike.values() for pk, words in _of_group(group).items()}


def _of_group(group: list[Vehicle]) -> dict[str, str]:
    named = {vehicle.pk: vehicle.nickname for vehicle in group if vehicle.nickname}
    if len(group) == 1:
        return named
    nameless = [vehicle for vehicle in group if vehicle.pk not in named]
    for tell in _TELLS:
        told = {vehicle.pk: tell(vehicle) for vehicle in nameless}
        if all(told.values()) and len({*told.values(), *named.values()}) == len(group):
            break
    # Two cars may bear the same nickname; then it is as good as none.
    if len(set(named.values())) < len(named):
        named = {
            vehicle.pk: f"{vehicle.nickname} ({_by_id(vehicle)})" for vehicle in group if vehicle.nickname
        }
    return named | told


def _by_description(vehicle: Vehicle) -> str:
    return vehicle.description if vehicle.description != vehicle.name else ""


def _by_day(vehicle: Vehicle) -> str:
    day = date_format(timezone.localtime(vehicle.connected_at), "MONTH_DAY_FORMAT")
    return gettext("connected on %(day)s") % {"day": day}


def _by_minute(vehicle: Vehicle) -> str:
    moment = date_format(timezone.localtime(vehicle.connected_at), "DATETIME_FORMAT")
    return gettext("connected on %(day)s") % {"day": moment}


def _by_id(vehicle: Vehicle) -> str:
    return gettext("id ends in %(end)s") % {"end": vehicle.pk[-ID_END:]}


_TELLS: list[Callable[[Vehicle], str]] = [_by_description, _by_day, _by_minute, _by_id]
