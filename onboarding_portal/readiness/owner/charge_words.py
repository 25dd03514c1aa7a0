"""A car's latest smart charge in words: how much, from when to when, what it cost where ev.energy says so."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.core import UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from dateutil.parser import isoparse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from onboarding_portal.readiness.models import Readiness

# Older than this, it is no news any more.
TOLD_FOR = timedelta(days=14)
# The number may stand in an isolate, where the language is read from the right.
_BEFORE_A_UNIT = re.compile(r"(?<=[\d\u2069]) (?=(?:kWh|kg|كغ)\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Times are in the reader's zone; `cost` is "" and `co2_kg` None where ev.energy does not say."""

    car: str
    started_at: datetime
    ended_at: datetime
    kwh: float
    cost: str
    co2_kg: float | None
    now: datetime

    @property
    def words(self) -> str:
        """Returns "Your Kona charged smartly last night: 18 kWh, 04:10 to 07:30"."""
        started, ended = timezone.localtime(self.started_at), timezone.localtime(self.ended_at)
        values = {
            "car": self.car,
            "kwh": number_format(round(self.kwh) if self.kwh >= 10 else round(self.kwh, 1)),
            "start": date_format(started, "TIME_FORMAT"),
            "end": date_format(ended, "TIME_FORMAT"),
            "day": date_format(ended, "MONTH_DAY_FORMAT"),
        }
        if ended.date() == timezone.localtime(self.now).date():
            text = _("Your %(car)s charged smartly last night: %(kwh)s kWh, %(start)s to %(end)s.")
        else:
            text = _("Your %(car)s charged smartly on %(day)s: %(kwh)s kWh, %(start)s to %(end)s.")
        return units_kept(text % values)


def units_kept(text: str) -> str:
    """The same text, whose lines never end between a number and its unit."""
    return _BEFORE_A_UNIT.sub("\u00a0", text)


def latest_charge(readiness: Readiness, *, now: datetime) -> Charge | None:
    """The latest smart charge, while it is news."""
    kept: dict[str, Any] = readiness.latest_smart
    if not kept or readiness.latest_smart_at is None or now - readiness.latest_smart_at > TOLD_FOR:
        return None
    co2_g = kept.get("co2_g")
    return Charge(
        car=readiness.vehicle.name,
        started_at=isoparse(kept["started_at"]),
        ended_at=readiness.latest_smart_at,
        kwh=kept["wh"] / 1000,
        cost=_money(kept.get("cost"), kept.get("currency", "")),
        co2_kg=None if co2_g is None else co2_g / 1000,
        now=now,
    )


def _money(amount: int | None, currency: str) -> str:
    """What the smallest units are in the reader's language; "" where it is not known."""
    if amount is None or not currency:
        return ""
    whole = amount / 10 ** get_currency_precision(currency)
    try:
        return format_currency(whole, currency, locale=(get_language() or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return format_currency(whole, currency, locale="en")
