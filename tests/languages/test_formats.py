"""Dates, times and numbers are written as CLDR has them in each language, or for a reason otherwise."""

from datetime import datetime

import pytest
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent
from django.utils import translation
from django.utils.formats import date_format, number_format

from onboarding_portal.languages import LANGUAGES
from onboarding_portal.readiness.owner.charge_words import units_kept

MOMENT = datetime(2027, 3, 4, 14, 5)  # noqa: DTZ001  how it is written, wherever it is
CLDR = {"en": "en_GB", "pt": "pt_PT"}
# Django groups by a space in Spanish, CLDR by a full stop. Both are in use.
TIMES = {"el": "14:05"}  # Django has no μ.μ. as it is written
NOT_HELD = {"es", "pt"}


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_dates_and_times_are_those_of_cldr(language: str) -> None:
    locale = CLDR.get(language, language)
    day = format_date(MOMENT, "long", locale=locale)
    time = TIMES.get(language) or format_time(MOMENT, "short", locale=locale)

    with translation.override(language):
        assert date_format(MOMENT, "DATE_FORMAT") == day
        assert date_format(MOMENT, "TIME_FORMAT") == time.replace("\u202f", " ")
        both = date_format(MOMENT, "DATETIME_FORMAT")
        assert both.startswith(day)
        assert both.endswith(date_format(MOMENT, "TIME_FORMAT"))


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES if code not in NOT_HELD])
def test_numbers_are_those_of_cldr(language: str) -> None:
    with translation.override(language):
        number = number_format(12345.5, 1, use_l10n=True, force_grouping=True)

    assert number.replace("\xa0", " ") == format_decimal(
        12345.5, locale=CLDR.get(language, language)
    ).replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_the_percent_sign_stands_where_cldr_has_it(language: str) -> None:
    marks = {ord("\u200e"): None, ord("\u061c"): None, ord("\u202f"): "\u00a0"}
    share = format_percent(0.63, locale=CLDR.get(language, language)).translate(marks)

    with translation.override(language):
        told = translation.gettext("Battery %(percentage)s%%") % {"percentage": 63}

    assert told.translate({0x2068: None, 0x2069: None}).endswith(share)
    assert (told == "Battery 63%") == (language == "en")


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_a_number_and_its_unit_stay_on_one_line(language: str) -> None:
    texts = {
        "Your %(car)s charged smartly last night: %(kwh)s kWh, %(start)s to %(end)s.": "18",
        "Making the electricity caused %(kg)s kg of CO₂.": "2.2",
    }
    with translation.override(language):
        for text, number in texts.items():
            values = dict.fromkeys(("car", "start", "end"), "x") | dict.fromkeys(("kwh", "kg"), number)
            told = units_kept(translation.gettext(text) % values).translate({0x2068: None, 0x2069: None})

            assert f"{number}\u00a0" in told
            assert f"{number} " not in told
