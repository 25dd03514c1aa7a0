"""How the company is reached, and its own pages that owners are shown the way to."""

import datetime as dt
import re
from dataclasses import dataclass
from itertools import combinations

from django.conf import settings
from django.utils import dates, formats

from onboarding_portal.service_urls import CannotBeRead

DASH = "\u2013"
LEFT_TO_RIGHT, AS_BEFORE = "\u2066", "\u2069"  # an isolate, in HTML and in plain text
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
FEWEST_DIGITS, MOST_DIGITS = 3, 15  # the short numbers of some countries; E.164
PHONE = re.compile(r"\+?[0-9 ()./-]+")
HOURS = re.compile(
    r"(?P<first>[a-z]{2})(?:\s*-\s*(?P<last>[a-z]{2}))?\s+"
    r"(?P<opens>\d{1,2}(?::\d\d)?)\s*-\s*(?P<closes>\d{1,2}(?::\d\d)?)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Days of the week that follow one another, Monday is 0, and the hours on each. Open until midnight: 23:59."""

    first: int
    last: int
    opens: dt.time
    closes: dt.time

    def __str__(self) -> str:
        """In the reader's language, such as Mon to Fri, 8 to 18, with dashes."""
        days = [str(dates.WEEKDAYS_ABBR[day]) for day in sorted({self.first, self.last})]
        times = [formats.time_format(time) for time in (self.opens, self.closes)]
        return f"{DASH.join(days)} {DASH.join(times)}"

    def meets(self, other: "Hours") -> bool:
        """Whether some hour is in both."""
        is_on_a_day_of = self.first <= other.last and other.first <= self.last
        return is_on_a_day_of and self.opens < other.closes and other.opens < self.closes


@dataclass(frozen=True, kw_only=True)
class Company:
    """What is not known is "". `phone_link` is what a tap on the number dials."""

    name: str
    email: str
    phone: str
    hours: tuple[Hours, ...]
    privacy_url: str
    terms_url: str
    help_url: str

    @property
    def phone_link(self) -> str:
        number = self.phone.replace("(0)", "")  # dialled only by who leaves out the country
        return "tel:" + re.sub(r"[^+0-9]", "", number)

    @property
    def phone_in_text(self) -> str:
        """Kept from left to right among letters that run the other way."""
        return f"{LEFT_TO_RIGHT}{self.phone}{AS_BEFORE}"

    @property
    def hours_in_words(self) -> str:
        return " · ".join(map(str, self.hours))


def company() -> Company:
    return Company(
        name=settings.PORTAL_NAME,
        email=settings.PORTAL_SUPPORT_EMAIL,
        phone=settings.BRAND_PHONE,
        hours=settings.BRAND_SUPPORT_HOURS,
        privacy_url=settings.BRAND_PRIVACY_URL,
        terms_url=settings.BRAND_TERMS_URL,
        help_url=settings.BRAND_HELP_URL,
    )


def read_phone(text: str) -> str:
    """The number as the company writes it. Raises CannotBeRead."""
    digits = sum(character.isdigit() for character in text)
    if not PHONE.fullmatch(text) or not FEWEST_DIGITS <= digits <= MOST_DIGITS:
        raise CannotBeRead("is no phone number. Set it to one such as +44 20 7946 0000, or leave it empty.")
    return text


def read_hours(text: str) -> tuple[Hours, ...]:
    """Reads "Mo-Fr 8-18, Sa 9:30-13". Raises CannotBeRead."""
    try:
        found = tuple(_hours(part.strip()) for part in text.replace(";", ",").split(","))
    except ValueError:
        found = ()
    if not found or any(one.meets(other) for one, other in combinations(found, 2)):
        raise CannotBeRead(
            "is not days and hours, each once. Set it to such as Mo-Fr 8-18, Sa 9:30-13 (days: Mo Tu We Th Fr Sa Su)."
        )
    return found


def _hours(part: str) -> Hours:
    found = HOURS.fullmatch(part)
    if not found:
        raise ValueError
    first = DAYS.index(found["first"].lower())
    last = DAYS.index((found["last"] or found["first"]).lower())
    opens, closes = _time(found["opens"]), _time(found["closes"])
    if first > last or opens >= closes:
        raise ValueError
    return Hours(first=first, last=last, opens=opens, closes=closes)


def _time(text: str) -> dt.time:
    hour, _, minute = text.partition(":")
    return dt.time(23, 59) if text in {"24", "24:00"} else dt.time(int(hour), int(minute or 0))
