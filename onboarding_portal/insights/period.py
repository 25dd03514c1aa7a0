"""The days a page of insights is about: whole days of the portal's time zone, the present one among them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest
from django.utils import timezone

CHOICES = (7, 30, 90)
USUAL = 30
# By when a car that comes back counts as brought back.
BACK_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    days: int
    today: date

    @classmethod
    def ending(cls, now: datetime, *, days: int) -> "Period":
        return cls(days=days, today=timezone.localdate(now, timezone.get_default_timezone()))

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.days - 1)

    @property
    def since(self) -> datetime:
        """The moment its first day began."""
        return start_of(self.first_day)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def days_asked(request: HttpRequest) -> int | None:
    """The days in the page's address; None if they are none of `CHOICES`."""
    asked = request.GET.get("days", str(USUAL))
    return int(asked) if asked in {str(days) for days in CHOICES} else None


def period_of(request: HttpRequest) -> Period:
    """The period of the page; the usual one where its address names none of `CHOICES`."""
    return Period.ending(timezone.now(), days=days_asked(request) or USUAL)
