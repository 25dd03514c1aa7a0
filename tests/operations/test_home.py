"""The first page: what this is, and one button."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import make_owner


def test_visitor_sees_what_this_is_and_one_button(client: Client) -> None:
    page = client.get("/").content.decode()

    assert "Connect your electric car to Brightfield Energy" in page
    assert page.count("button-primary") == 1
    assert "/accounts/login/?next=/connect/" in page


@pytest.mark.django_db
def test_signed_in_owner_goes_on_to_the_cars(client: Client) -> None:
    client.force_login(make_owner())

    assert client.get("/")["Location"] == "/vehicles/"


def test_name_and_support_address_are_the_companys_and_escaped(client: Client, settings: Settings) -> None:
    settings.PORTAL_NAME = "Wind & <b>Söhne</b>"
    settings.PORTAL_SUPPORT_EMAIL = ""

    page = client.get("/").content.decode()

    assert "Wind &amp; &lt;b&gt;Söhne&lt;/b&gt;" in page
    assert "mailto:" not in page


def test_page_has_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    response = client.get("/")

    page = response.content.decode()
    assert "style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert "default-src 'none'" in response["Content-Security-Policy"]
