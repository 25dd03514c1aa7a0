"""Lengths of time as people read them: one way for all pages."""

import math
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60


def about(seconds: float) -> str:
    """A rough length, never too short: "3 minutes", "2 hours", "3 days"; also for infinity.

    Minutes up to two hours, hours up to two days.
    """
    if math.isinf(seconds):
        return _("forever: all requests of an hour are kept for owners")
    if seconds <= MINUTE:
        return _("less than a minute")
    if seconds <= 2 * HOUR:
        minutes = math.ceil(seconds / MINUTE)
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    if seconds <= 2 * DAY:
        hours = math.ceil(seconds / HOUR)
        return ngettext("%d hour", "%d hours", hours) % hours
    days = math.ceil(seconds / DAY)
    return ngettext("%d day", "%d days", days) % days


def exact(length: timedelta) -> str:
    """The length in days, hours and minutes: "1 h 30 min", "3 days 4 h". Beyond two days minutes are left out."""
    minutes = int(length.total_seconds()) // MINUTE
    days = minutes // (24 * 60) if minutes >= 2 * 24 * 60 else 0
    hours, minutes = divmod(minutes - days * 24 * 60, 60)
    parts = [
        ngettext("%d day", "%d days", days) % days if days else "",
        _("%(hours)d h") % {"hours": hours} if hours else "",
        _("%(minutes)d min") % {"minutes": minutes} if minutes and not days else "",
    ]
    return " ".join(filter(None, parts)) or _("%(minutes)d min") % {"minutes": 0}
