"""How the company is reached stands on owners' pages, in the reader's language; each only where it is set."""

import re

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from onboarding_portal.brand.contact import DASH, company, read_hours, read_phone
from onboarding_portal.service_urls import CannotBeRead

LINKS = {
    "BRAND_PRIVACY_URL": "https://brightfield.example/privacy#cars",
    "BRAND_TERMS_URL": "https://brightfield.example/terms",
    "BRAND_HELP_URL": "https://brightfield.example/help?of=cars&in=en",
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/no/such/page/"])
def test_every_page_of_owners_has_the_way_to_the_companys_pages(
    client: Client, settings: Settings, path: str
) -> None:
    for name, value in LINKS.items():
        setattr(settings, name, value)
    settings.BRAND_PHONE = "+49 (0)30 901820"
    settings.BRAND_SUPPORT_HOURS = read_hours("Mo-Fr 8-18")

    page = client.get(path).content.decode()

    for value in LINKS.values():
        assert page.count(f'href="{value.replace("&", "&amp;")}"') == 1
    assert 'href="tel:+4930901820">Call \u2066+49 (0)30 901820\u2069</a>' in page
    assert f"Mon{DASH}Fri 08:00{DASH}18:00" in page


@pytest.mark.django_db
def test_what_is_not_set_leaves_no_trace(client: Client) -> None:
    footer = client.get("/").content.decode().partition("<footer")[2]

    assert re.findall(r'href="(\w*)', footer) == ["mailto"]


def test_hours_are_written_as_the_readers_language_does(settings: Settings) -> None:
    settings.BRAND_SUPPORT_HOURS = read_hours("mo-fr 8 - 18; Sa 9:30-13")

    with translation.override("de"):
        assert company().hours_in_words == f"Mo{DASH}Fr 08:00{DASH}18:00 · Sa 09:30{DASH}13:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9-17",
        "Mo",
        "Mo 9",
        "Mo 17-9",
        "Fr-Mo 9-17",
        "Mo 9-25",
        "Mo 9:60-17",
        "Mo-Fr 9-17, We 12-13",
        "Xx 9-17",
    ],
)
def test_what_is_no_time_of_a_week_is_refused(text: str) -> None:
    with pytest.raises(CannotBeRead, match="Set it to"):
        read_hours(text)


def test_a_break_at_noon_and_midnight_are_times_of_a_week() -> None:
    assert len(read_hours("Mo-Fr 9-12, Mo-Fr 13-24")) == 2


@pytest.mark.parametrize(
    "text", ["call us", "12", "+", "0" * 16, "+44 20 7946 0000, +44 20 7946 0001", "++44 1234"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(CannotBeRead, match="Set it to"):
        read_phone(text)
