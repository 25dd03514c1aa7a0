"""Whose address the limits count by."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from onboarding_portal.accounts.sign_in.client_address import UNKNOWN_ADDRESS, client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.7", "192.0.2.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.9, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, "203.0.113.7:51234", "203.0.113.7"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="192.0.2.1")

    assert client_address(request) == expected


def test_request_over_a_unix_socket_has_an_address_too(rf: RequestFactory, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 0

    assert client_address(rf.get("/", REMOTE_ADDR="")) == UNKNOWN_ADDRESS
