"""allauth brings passwords, sign-up and e-mail management. None of it can be reached."""

import pytest
from allauth.account import urls as allauth_urls
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.factories import make_owner

OURS = {
    "account_login",
    "account_logout",
    "account_request_login_code",
    "account_confirm_login_code",
}
OTHERS = [pattern for pattern in allauth_urls.urlpatterns if pattern.name not in OURS]


@pytest.mark.parametrize("pattern", OTHERS, ids=lambda pattern: pattern.name)
@pytest.mark.django_db
def test_page_cannot_be_reached_not_even_signed_in(client: Client, pattern: object) -> None:
    name = getattr(pattern, "name", "")
    path = "/accounts/" + str(getattr(pattern, "pattern", "")).strip("^$").partition("(")[0]
    client.force_login(make_owner())

    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_there_are_such_pages() -> None:
    names = {pattern.name for pattern in OTHERS}

    assert {"account_signup", "account_email", "account_change_password", "account_reset_password"} <= names
