"""In which country an owner lives: which cars ev.energy can reach depends on it."""

from babel import Locale, UnknownLocaleError
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

# Where electric cars are sold and energy companies of this kind are at work.
COUNTRIES = (
    *(
        "AT",
        "AU",
        "BE",
        "BG",
        "CA",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
    ),
    *(
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "NZ",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "US",
    ),
)


def guess_country(request: HttpRequest) -> str:
    """The country the browser's languages name first, "en-GB" the GB; "" if they name none of ours."""
    for language, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        region = language.rpartition("-")[2].upper()
        if "-" in language and region in COUNTRIES:
            return region
    return ""


def named_countries() -> list[tuple[str, str]]:
    """Code and name of each, by name in the language in force."""
    try:
        names = Locale.parse(get_language() or "en", sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    return sorted(((code, str(names.get(code, code))) for code in COUNTRIES), key=lambda pair: pair[1])


def country_name(code: str) -> str:
    """As the language in force calls it; the code itself where it is none of ours."""
    return dict(named_countries()).get(code, code)
