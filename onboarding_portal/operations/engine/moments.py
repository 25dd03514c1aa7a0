"""Moments and lengths of time in words. In what is mailed and posted the zone is named: many may read it."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from onboarding_portal.lengths import about


def moment(at: datetime | None) -> str:
    """Date and time in the zone in force, with the zone's name."""
    if at is None:
        return gettext("never")
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def ago(length: timedelta) -> str:
    """A rough length, never too short."""
    return about(max(0.0, length.total_seconds()))
