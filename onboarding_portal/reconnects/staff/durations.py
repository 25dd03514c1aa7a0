"""Lengths of time as staff read them."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE = 60
HOUR = 60 * MINUTE


def in_words(seconds: float) -> str:
    """Returns a rough, never too short length of time: "3 minutes", "2 hours"; also for infinity."""
    if math.isinf(seconds):
        return _("forever: all requests of an hour are kept for owners")
    if seconds <= MINUTE:
        return _("less than a minute")
    if seconds <= 2 * HOUR:
        minutes = math.ceil(seconds / MINUTE)
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    hours = math.ceil(seconds / HOUR)
    return ngettext("%d hour", "%d hours", hours) % hours
