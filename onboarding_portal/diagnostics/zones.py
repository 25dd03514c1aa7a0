"""The reader's time zone: chosen on the page and kept in the session, else the portal's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

SESSION_KEY = "time_zone"
AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
FORMAT = "j M Y, H:i:s T"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One moment as people read it. `local` is empty where the reader's zone is UTC or cannot tell."""

    iso: str
    local: str
    utc: str


@cache
def zone_names() -> tuple[str, ...]:
    """What can be chosen: UTC, places, and the portal's own. Empty where the machine has no zone data."""
    known = available_timezones()
    places = sorted(name for name in known if name.split("/")[0] in AREAS and "/" in name)
    offered = dict.fromkeys(["UTC", timezone.get_default_timezone_name(), *places])
    return tuple(name for name in offered if name in known)


class ZoneForm(forms.Form):
    """The zone and the page to go back to, which the view checks."""

    zone = forms.CharField(max_length=64)
    next = forms.CharField(required=False)

    def clean_zone(self) -> str:
        name: str = self.cleaned_data["zone"]
        if zone_named(name) is None:
            raise forms.ValidationError(_("There is no such time zone."))
        return name


def reader_zone(request: HttpRequest) -> tzinfo:
    """The zone in which this reader reads times."""
    return zone_named(request.session.get(SESSION_KEY)) or timezone.get_default_timezone()


def zone_named(name: object) -> tzinfo | None:
    """The zone, or None where there is none of that name (any more)."""
    return ZoneInfo(name) if isinstance(name, str) and name in zone_names() else None


def clock(moment: datetime, *, zone: tzinfo) -> Clock:
    """The moment in the reader's zone and in UTC."""
    in_utc = moment.astimezone(UTC)
    try:
        local = in_utc.astimezone(zone)
    except OverflowError:  # the very first and last days of the calendar
        local = in_utc
    is_utc = local.tzname() == "UTC"
    return Clock(
        iso=in_utc.isoformat().replace("+00:00", "Z"),
        local="" if is_utc else date_format(local, FORMAT),
        utc=date_format(in_utc, FORMAT),
    )
