"""Whose day it is: for what is sent by itself, and should not wake anybody."""

from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from onboarding_portal.accounts.viewer_zone import known_zone_names

QUARTER_MINUTES = 15


def in_daytime(path: str, *, now: datetime, from_hour: int, until_hour: int) -> Q:
    """For queries: the owners where it is between these hours now; `path` leads to their `time_zone`.

    Where an owner's zone is not known, the portal's counts.
    """
    awake, asleep = _zones(_quarter(now), from_hour, until_hour)
    if from_hour <= now.astimezone(timezone.get_default_timezone()).hour < until_hour:
        return ~Q(**{f"{path}__in": asleep})
    return Q(**{f"{path}__in": awake})


def _quarter(now: datetime) -> datetime:
    """The quarter of an hour that has begun: no zone differs from another by less."""
    return now.replace(minute=now.minute - now.minute % QUARTER_MINUTES, second=0, microsecond=0)


@cache
def _every_zone() -> dict[str, ZoneInfo]:
    return {name: ZoneInfo(name) for name in sorted(known_zone_names())}


@lru_cache(maxsize=16)
def _zones(quarter: datetime, from_hour: int, until_hour: int) -> tuple[list[str], list[str]]:
    """The zones where it is day and those where it is night; there are hundreds, and every e-mail asks."""
    hours = {name: quarter.astimezone(zone).hour for name, zone in _every_zone().items()}
    awake = [name for name, hour in hours.items() if from_hour <= hour < until_hour]
    return awake, [name for name, hour in hours.items() if not from_hour <= hour < until_hour]
