"""Every address is answered to HEAD as to GET, and none leads whoever had to sign in first to a dead end."""

from collections.abc import Sequence
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from onboarding_portal.onboarding.models import Attempt
from tests.accounts.journey import ask_for_code, enter_code, mailed_code
from tests.ev_energy_answers import an_id
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_make, make_model, make_owner, make_staff, make_trim
from tests.urlconf import PARTS, Address, addresses, nothing_stays, parts_of

pytestmark = pytest.mark.django_db

# Signing out needs nobody signed in: nothing leads to it by way of a sign-in.
SIGNING_OUT = {"account_logout", "admin:logout"}
# The API is called by systems with a key: nobody signs in there.
API = "api:"


def _superuser() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.mark.parametrize("part", parts_of(addresses()), ids=range(PARTS))
def test_head_is_answered_wherever_get_is(part: Sequence[Address], ev_energy_api: EvEnergyApi) -> None:
    for address, client in product(part, (Client(), _superuser())):
        with nothing_stays(client):
            head, got = client.head(address.path()), client.get(address.path())
        assert head.status_code == got.status_code, address.route


@pytest.mark.parametrize("part", parts_of(addresses()), ids=range(PARTS))
def test_address_of_a_form_leads_through_the_sign_in_to_a_page(
    part: Sequence[Address], ev_energy_api: EvEnergyApi
) -> None:
    superuser = _superuser()
    for address in part:
        if address.name in SIGNING_OUT or address.name.startswith(API):
            continue
        with nothing_stays(superuser):
            sent = Client().post(address.path())
            # Where signing in leads to; the page itself where nobody has to sign in, and where no form is taken.
            leads_to = parse_qs(urlsplit(sent.get("Location", "")).query).get("next", [address.path()])[0]

            assert superuser.get(leads_to, follow=True).status_code != 405, address.route


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_owner_signed_out_between_picking_and_connecting_comes_back_to_the_pick(
    client: Client, depth: int
) -> None:
    make = make_make("Volvo", onboardable=depth == 1)
    model = make_model("EX30", make=make, onboardable=depth == 2)
    trim = make_trim("Twin Motor", model=model, onboardable=depth == 3)
    owner = make_owner(email="ann@example.com", ev_energy_user_id=an_id("user"))
    names = ("make_id", "model_id", "trim_id")
    picked = dict(zip(names, [make.pk, model.pk, trim.pk][:depth], strict=False))
    name = ("makes", "make", "model", "trim")[depth]
    page = reverse(f"onboarding:{name}", args=list(picked.values()))

    asked = client.post(reverse("onboarding:start"), picked)
    next_url = client.get(asked["Location"]).context["next_url"]
    ask_for_code(client, owner.email, next=next_url)
    back = enter_code(client, mailed_code(), next=next_url)
    shown = client.get(back["Location"])

    assert back["Location"] == page
    assert shown.status_code == 200
    for field, value in picked.items():
        assert f'name="{field}" value="{value}"' in shown.content.decode()
    assert not Attempt.objects.exists()
    assert client.post(reverse("onboarding:start"), picked)["Location"].startswith("https://")


@pytest.mark.parametrize("make_id", ["", "nonsense", "vmak01J443798BF893ZHFQVCS0FA23", "//evil.example"])
def test_pick_that_is_none_comes_back_to_the_makes(client: Client, make_id: str) -> None:
    asked = client.post(reverse("onboarding:start"), {"make_id": make_id})

    assert asked["Location"] == "/accounts/login/?next=/connect/"
