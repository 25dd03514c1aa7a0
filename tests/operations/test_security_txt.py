"""/.well-known/security.txt says where to report a weakness, if the portal has such a place."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

PATH = "/.well-known/security.txt"


def test_without_a_contact_there_is_no_file(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = ""

    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("contact", "named"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("mailto:security@example.com", "mailto:security@example.com"),
        ("https://example.com/report", "https://example.com/report"),
        ("tel:+44-20-7946-0000", "tel:+44-20-7946-0000"),
    ],
)
def test_the_file_is_as_the_rfc_wants_it(
    client: Client, settings: Settings, contact: str, named: str
) -> None:
    settings.SECURITY_CONTACT = contact

    response = client.get(PATH)

    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == named
    assert fields["Canonical"] == "http://testserver" + PATH
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=100) < expires - timezone.now() < timedelta(days=365)


def test_it_asks_no_database(client: Client, settings: Settings) -> None:  # pytest-django forbids it here
    settings.SECURITY_CONTACT = "security@example.com"

    assert client.post(PATH).status_code == 405
    assert client.head(PATH).status_code == 200
