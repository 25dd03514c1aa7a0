"""In which country an owner lives: which cars ev.energy can reach depends on it."""

from django.http import HttpRequest
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
