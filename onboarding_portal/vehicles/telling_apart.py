"""What tells an owner's cars apart where their names do not: two of the same make and model."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from onboarding_portal.vehicles.models import Vehicle

ID_END = 6


def told_apart(vehicles: Iterable[Vehicle]) -> dict[str, str]:
    """Returns words for the ids of those vehicles that need some beside their name.

    A name that the owner gave is always shown. Those that share make and model get the first that no other of them
    has: the owner's name, ev.energy's description, the day it was connected, the minute, the end of its id.
    """
    alike = defaultdict(list)
    for vehicle in vehicles:
        alike[vehicle.name].append(vehicle)
    told = {group[0].pk: group[0].nickname for group in alike.values() if len(group) == 1}
    for group in alike.values():
        if len(group) > 1:
            told |= _of_group(group)
    return {pk: words for pk, words in told.items() if words}


def _of_group(group: list[Vehicle]) -> dict[str, str]:
    told: dict[str, str] = {}
    for tell in _TELLS:
        counted = Counter(tell(vehicle) for vehicle in group)
        for vehicle in group:
            if (words := tell(vehicle)) and counted[words] == 1:
                told.setdefault(vehicle.pk, words)
    return told


def _by_nickname(vehicle: Vehicle) -> str:
    return vehicle.nickname


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


_TELLS: list[Callable[[Vehicle], str]] = [_by_nickname, _by_description, _by_day, _by_minute, _by_id]
