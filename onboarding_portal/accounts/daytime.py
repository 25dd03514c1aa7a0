"""Whose day it is: for what is sent by itself, and should not wake anybody."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from onboarding_portal.accounts.viewer_zone import known_zone_names


def in_daytime(path: str, *, now: datetime, from_hour: int, until_hour: int) -> Q:
    """For queries: the owners where it is between these hours now; `path` leads to their `time_zone`.

    Where an owner's zone is not known, the portal's counts.
    """
    names = known_zone_names()
    awake = {name for name in names if from_hour <= now.astimezone(ZoneInfo(name)).hour < until_hour}
    if from_hour <= now.astimezone(timezone.get_default_timezone()).hour < until_hour:
        return ~Q(**{f"{path}__in": sorted(names - awake)})
    return Q(**{f"{path}__in": sorted(awake)})
