"""Times as a reader of logs picks and reads them: to the second, with UTC beside them, and the period to look at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.viewer_zone import viewer_zone, zone_named

# No language's own format has seconds; logs are read to the second.
EXACT_TIME = "H:i:s T"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One moment as people read it. `local` is empty where the reader's zone is UTC or cannot tell."""

    iso: str
    local: str
    utc: str


class ZoneForm(forms.Form):
    zone = forms.CharField(max_length=64)

    def clean_zone(self) -> str:
        name: str = self.cleaned_data["zone"]
        if zone_named(name) is None:
            raise forms.ValidationError(_("There is no such time zone."))
        return name


def reader_zone(request: HttpRequest) -> tzinfo:
    """The zone in which this reader reads times."""
    return viewer_zone(request) or timezone.get_default_timezone()


def clock(moment: datetime, *, zone: tzinfo) -> Clock:
    """The moment in the reader's zone and in UTC."""
    in_utc = moment.astimezone(UTC)
    try:
        local = in_utc.astimezone(zone)
    except OverflowError:  # the very first and last days of the calendar
        local = in_utc
    is_utc = local.tzname() == "UTC"
    exact = f"{get_format('SHORT_DATE_FORMAT')}, {EXACT_TIME}"
    return Clock(
        iso=in_utc.isoformat().replace("+00:00", "Z"),
        local="" if is_utc else date_format(local, exact),
        utc=date_format(in_utc, exact),
    )


WALL_FORMAT = "%Y-%m-%dT%H:%M"
# What browsers send; fromisoformat alone would take weeks, zones and what not.
WALL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2010, 2100


@dataclass(frozen=True, kw_only=True)
class Period:
    """From `since` to `until`, both included; None leaves that end open."""

    since: datetime | None
    until: datetime | None

    def as_query(self, *, zone: tzinfo) -> dict[str, str]:
        """What fills the form with this period."""
        ends = {"since": self.since, "until": self.until}
        return {name: end.astimezone(zone).strftime(WALL_FORMAT) for name, end in ends.items() if end}


class WallTimeField(forms.Field):
    """A time on the reader's clock, in the zone that is in force.

    Where clocks are set back an hour comes twice: the beginning of a period means the first, its end the second,
    so that nothing is left out.
    """

    default_error_messages = {"invalid": _("Give a date and a time, such as 2026-03-14 09:30.")}

    def __init__(self, *, is_end: bool = False, **options: Any) -> None:
        self.is_end = is_end
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WALL_FORMAT)
        super().__init__(**{"required": False, "widget": widget, **options})

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        wrong = forms.ValidationError(self.error_messages["invalid"])
        text = str(value).strip()
        if not WALL_TIME.fullmatch(text):
            raise wrong
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            raise wrong from None
        if not FIRST_YEAR <= wall.year <= LAST_YEAR:
            raise wrong
        if self.is_end and not wall.second:
            wall = wall.replace(second=59, microsecond=999_999)  # the whole of the minute
        # In UTC from here on: times of one zone are compared by their digits, whatever the clocks did in between.
        return wall.replace(tzinfo=timezone.get_current_timezone(), fold=int(self.is_end)).astimezone(UTC)


class PeriodForm(forms.Form):
    """`shown_since` and `shown_until` are the period on the page: it stays if the new one cannot be used."""

    since = WallTimeField(label=_("From"))
    until = WallTimeField(label=_("To"), is_end=True)
    shown_since = WallTimeField(widget=forms.HiddenInput)
    shown_until = WallTimeField(widget=forms.HiddenInput, is_end=True)

    longest: timedelta | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until:
            if until < since:
                raise forms.ValidationError(_("“To” lies before “From”."))
            if self.longest and until - since > self.longest:
                days = {"days": self.longest.days}
                raise forms.ValidationError(_("Pick a period of at most %(days)d days.") % days)
        return cleaned

    @property
    def period(self) -> Period:
        """What was picked if that is of use, else what the page showed before."""
        wanted = self._of("since", "until") if self.is_valid() else self._of("shown_since", "shown_until")
        return wanted if self._is_fit(wanted) else Period(since=None, until=None)

    def _of(self, since: str, until: str) -> Period:
        values = getattr(self, "cleaned_data", {})
        return Period(since=values.get(since), until=values.get(until))

    def _is_fit(self, period: Period) -> bool:
        if period.since is None or period.until is None:
            return True
        length = period.until - period.since
        return timedelta(0) <= length <= (self.longest or length)


def period_form(query: Mapping[str, str], *, zone: tzinfo, longest: timedelta | None = None) -> PeriodForm:
    """The form as the query fills it, its times read in `zone`."""
    with timezone.override(zone):
        form = PeriodForm(query)
        form.longest = longest
        form.is_valid()
    return form
