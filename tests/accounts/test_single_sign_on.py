"""Staff sign in at the company's OpenID provider; whoever is no staff there or here does not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from joserfc.jwk import RSAKey
from pytest_django import Settings

from onboarding_portal.accounts.models import AuditEntry, StaffIdentity, User
from onboarding_portal.accounts.two_factor import app_codes
from onboarding_portal.staff_groups import StaffGroup
from tests.accounts.openid_provider import CLIENT, SECRET, Provider, running_provider
from tests.factories import make_owner, make_staff
from tests.test_permissions import member_of

pytestmark = pytest.mark.django_db

START, EMAIL = "/admin/single-sign-on/", "sam@example.com"
SAM = {"email": EMAIL, "email_verified": True, "name": "Sam"}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, settings: Settings) -> Provider:
    running.says, running.key, running.is_away = dict(SAM), running.published, False
    settings.OIDC_ISSUER = running.origin
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    return running


def sign_on(client: Client, provider: Provider, **posted: str) -> Any:
    leaving = client.post(START, posted)
    return client.get(provider.agree(leaving["Location"]).removeprefix("http://testserver"))


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def test_a_colleague_signs_in_at_the_provider(client: Client, provider: Provider) -> None:
    sam = make_staff(email=EMAIL)

    answer = sign_on(client, provider, next="/admin/password_change/")

    assert answer["Location"] == "/admin/password_change/"
    assert is_in(client)
    assert StaffIdentity.objects.get().user == sam
    assert {"openid", "email"} <= set(provider.asked["scope"].split())
    assert provider.asked["code_challenge_method"] == "S256"


def test_the_sign_in_page_offers_it_where_it_is_set_up(
    client: Client, provider: Provider, settings: Settings
) -> None:
    assert "Sign in with your company account" in client.get("/admin/login/").content.decode()

    settings.OIDC_ISSUER = ""
    assert "Sign in with your company account" not in client.get("/admin/login/").content.decode()
    assert client.post(START).status_code == 404


def test_it_never_leads_to_another_site(client: Client, provider: Provider) -> None:
    make_staff(email=EMAIL)

    assert sign_on(client, provider, next="https://elsewhere.example/")["Location"] == "/admin/"


# Who is let in


def test_an_owners_account_is_not_opened_nor_made_a_colleagues(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.OIDC_STAFF_DOMAIN, settings.OIDC_GROUPS_CLAIM = "example.com", "groups"
    provider.says["groups"] = ["administrator"]
    owner = make_owner(email=EMAIL)

    assert sign_on(client, provider).status_code == 403

    owner.refresh_from_db()
    assert not owner.is_staff
    assert not StaffIdentity.objects.exists()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_the_provider_does_not_vouch_for_finds_nobody(
    client: Client, provider: Provider, verified: object
) -> None:
    make_staff(email=EMAIL)
    provider.says["email_verified"] = verified

    assert sign_on(client, provider).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize("email", ["", "no address", "a@b@c", "x" * 400, None, ["sam@example.com"]])
def test_an_address_that_is_none_finds_nobody(client: Client, provider: Provider, email: object) -> None:
    make_staff(email=EMAIL)
    provider.says["email"] = email

    assert sign_on(client, provider).status_code == 403


def test_a_stranger_is_refused_and_not_made(client: Client, provider: Provider) -> None:
    assert sign_on(client, provider).status_code == 403
    assert not User.objects.exists()


def test_who_left_stays_out(client: Client, provider: Provider) -> None:
    make_staff(email=EMAIL, is_active=False)

    assert sign_on(client, provider).status_code == 403
    assert not is_in(client)


def test_an_address_given_to_somebody_else_does_not_open_the_former_ones_account(provider: Provider) -> None:
    make_staff(email=EMAIL)
    sign_on(Client(), provider)
    provider.says["sub"] = "subject-2"
    successor = Client()

    assert sign_on(successor, provider).status_code == 403
    assert not is_in(successor)


def test_a_colleague_with_another_address_is_still_the_same(client: Client, provider: Provider) -> None:
    sam = make_staff(email=EMAIL)
    sign_on(Client(), provider)
    provider.says["email"] = "married@example.com"

    sign_on(client, provider)

    assert client.session["_auth_user_id"] == str(sam.pk)


# Newcomers and groups


def test_a_newcomer_of_the_stated_domain_begins_as_a_reader(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.OIDC_STAFF_DOMAIN = "Example.com"

    sign_on(client, provider)

    sam = User.objects.get(email=EMAIL)
    assert is_in(client)
    assert not sam.has_usable_password()
    assert [each.name for each in sam.groups.all()] == ["Reader"]
    assert AuditEntry.objects.filter(act="accounts.colleague_invited").count() == 1


@pytest.mark.parametrize("domain", ["ample.com", "example.com.evil.example", "other.example"])
def test_a_newcomer_of_another_domain_is_refused(
    client: Client, provider: Provider, settings: Settings, domain: str
) -> None:
    settings.OIDC_STAFF_DOMAIN = domain

    assert sign_on(client, provider).status_code == 403


@pytest.mark.parametrize(
    ("claim", "group"),
    [
        (["agent"], "Agent"),
        ("lead", "Lead"),
        (["reader", "ADMINISTRATOR", "x"], "Administrator"),
        (["superuser"], None),
        ([], None),
        (None, None),
        ({"lead": True}, None),
    ],
)
def test_the_provider_says_who_is_in_which_group(
    client: Client, provider: Provider, settings: Settings, claim: object, group: str | None
) -> None:
    settings.OIDC_GROUPS_CLAIM = "groups"
    provider.says["groups"] = claim

    answer = sign_on(client, provider)

    assert answer.status_code == (302 if group else 403)
    assert [each.name for each in Group.objects.filter(user__email=EMAIL)] == ([group] if group else [])
    assert not User.objects.filter(is_superuser=True).exists()


def test_a_group_the_provider_takes_away_is_gone_at_the_next_sign_in_and_others_stay(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = "groups"
    lead = member_of(StaffGroup.LEAD)
    lead.groups.add(Group.objects.create(name="Theirs"))
    provider.says.update(email=lead.email, groups=["reader"])

    sign_on(client, provider)

    assert sorted(each.name for each in lead.groups.all()) == ["Reader", "Theirs"]


# The second factor


@pytest.mark.parametrize(("methods", "is_asked"), [(["pwd"], True), (["pwd", "mfa"], False), (None, True)])
def test_a_second_factor_is_asked_for_unless_the_provider_asked_for_one(
    client: Client, provider: Provider, methods: object, is_asked: bool
) -> None:
    sam = make_staff(email=EMAIL)
    app_codes.add(user=sam, secret=app_codes.new_secret(), step=0, now=timezone.now())
    provider.says["amr"] = methods

    answer = sign_on(client, provider)

    assert (answer["Location"] == "/admin/login/second-factor/") == is_asked
    assert is_in(client) != is_asked


# Forgeries


def of_another_issuer(provider: Provider) -> None:
    provider.says["iss"] = "https://elsewhere.example"


def for_another_client(provider: Provider) -> None:
    provider.says["aud"] = "another"


def for_another_sign_in(provider: Provider) -> None:
    provider.says["nonce"] = "another"


def too_old(provider: Provider) -> None:
    provider.says["exp"] = int(time.time()) - 3600


def without_a_subject(provider: Provider) -> None:
    provider.says["sub"] = ""


def signed_with_another_key(provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.mark.parametrize(
    "forge",
    [
        *(of_another_issuer, for_another_client, for_another_sign_in, too_old),
        *(without_a_subject, signed_with_another_key),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: Client, provider: Provider, forge: Any
) -> None:
    make_staff(email=EMAIL)
    forge(provider)

    assert sign_on(client, provider).status_code == 400
    assert not is_in(client)


def test_what_another_browser_began_is_not_finished_here(client: Client, provider: Provider) -> None:
    make_staff(email=EMAIL)
    back = provider.agree(Client().post(START)["Location"]).removeprefix("http://testserver")

    assert client.get(back).status_code == 400
    assert not is_in(client)


def test_coming_back_twice_signs_in_once(client: Client, provider: Provider) -> None:
    make_staff(email=EMAIL)
    back = provider.agree(client.post(START)["Location"]).removeprefix("http://testserver")
    client.get(back)
    client.post("/admin/logout/")

    assert client.get(back).status_code == 400


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x", "?state=x&code=y", "?state=%00"])
def test_coming_back_with_nothing_is_told_so(client: Client, provider: Provider, query: str) -> None:
    assert client.get(f"{START}return/{query}").status_code == 400


def test_a_provider_that_is_away_is_told_so(client: Client, provider: Provider, settings: Settings) -> None:
    make_staff(email=EMAIL)
    back = provider.agree(client.post(START)["Location"]).removeprefix("http://testserver")
    provider.is_away = True

    assert client.get(back).status_code in {400, 503}
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert client.post(START).status_code == 503
