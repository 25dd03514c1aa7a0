"""Owners get help where doubt arises: the portal's own words, or those staff have written for the case."""

from itertools import permutations
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from onboarding_portal.accounts.models import Act, AuditEntry
from onboarding_portal.catalogue.help import ACCOUNT_PAGES, help_for
from onboarding_portal.catalogue.help_text import Topic
from onboarding_portal.catalogue.models import HelpText, Make
from onboarding_portal.onboarding.models import AttemptState
from tests.factories import make_attempt, make_make, make_owner, make_staff

pytestmark = pytest.mark.django_db


def text_of(make: Make | None, topic: Topic = Topic.FAMILY) -> str:
    return next(each.text for each in help_for(make) if each.question == topic.label)


def test_every_topic_has_words_of_our_own() -> None:
    tesla, unknown = make_make("Tesla"), make_make("Oldtimer")

    for make in (tesla, unknown, None):
        assert [each.question for each in help_for(make)] == list(Topic.labels)
        assert all(20 < len(each.text) < 400 for each in help_for(make))
    assert [each.link for each in help_for(tesla)] == [ACCOUNT_PAGES["Tesla"]] * 2 + ["", ""]
    assert {each.link for each in help_for(unknown)} == {""}
    assert all(urlsplit(link).scheme == "https" for link in ACCOUNT_PAGES.values())


def test_a_subscription_is_named() -> None:
    make = make_make("Volkswagen", subscription_name="We Connect ID")

    assert "We Connect ID" in text_of(make, Topic.SUBSCRIPTION)
    assert "We Connect ID" not in text_of(make, Topic.PASSWORD)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_closest_words_of_staff_win(order: tuple[int, ...]) -> None:
    volvo = make_make("Volvo")
    cases = [(None, ""), (None, "de"), (volvo, ""), (volvo, "de")]
    for number in order:
        make, language = cases[number]
        HelpText.objects.create(make=make, language=language, topic=Topic.FAMILY, text=f"case {number}")

    assert text_of(make_make("Kia")) == "case 0"
    assert text_of(volvo) == "case 2"
    with translation.override("de"):
        assert text_of(volvo) == "case 3"
        assert text_of(None) == "case 1"
    assert "case" not in text_of(volvo, Topic.PASSWORD)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://example.com/", "//example.com", "example"])
def test_links_are_https(link: str) -> None:
    with pytest.raises(ValidationError):
        HelpText(topic=Topic.FAMILY, text="Ask.", link=link).full_clean()


@pytest.mark.parametrize("has_make", [True, False])
def test_one_text_for_each_case(has_make: bool) -> None:
    values = {"make": make_make() if has_make else None, "topic": Topic.FAMILY, "text": "Ask."}
    HelpText.objects.create(**values)

    with pytest.raises(IntegrityError), transaction.atomic():
        HelpText.objects.create(**values)


def test_help_costs_one_query(django_assert_num_queries) -> None:
    make = make_make()
    for topic in Topic:
        HelpText.objects.create(make=make, topic=topic, text="Words.")

    with django_assert_num_queries(1):
        help_for(make)


def test_it_stands_where_doubt_arises(client: Client) -> None:
    owner, make = make_owner(), make_make("Volvo", onboardable=True)
    HelpText.objects.create(
        make=make, topic=Topic.ASLEEP, text="Give it <b>coffee</b>.", link="https://a.example/x"
    )
    client.force_login(owner)
    cancelled = make_attempt(owner=owner, make_id=make.pk, state=AttemptState.CANCELLED)

    for page in (f"/connect/{make.pk}/", f"/connect/return/{cancelled.pk}/"):
        html = client.get(page).content.decode()
        assert "Give it &lt;b&gt;coffee&lt;/b&gt;." in html
        assert 'href="https://a.example/x"' in html
    assert "Not sure?" in client.get("/connect/at-ev-energy/").content.decode()


def test_staff_write_it(client: Client) -> None:
    lead = make_staff(is_superuser=True)
    client.force_login(lead)
    form = {"make": "", "topic": Topic.FAMILY, "language": "", "text": "Ask your family.", "link": ""}

    refused = client.post("/admin/catalogue/helptext/add/", {**form, "link": "http://example.com"})
    odd = client.post("/admin/catalogue/helptext/add/", {**form, "language": "xx"})
    stored = client.post("/admin/catalogue/helptext/add/", form)

    assert (refused.status_code, odd.status_code, stored.status_code) == (200, 200, 302)
    assert text_of(None) == "Ask your family."
    assert AuditEntry.objects.get(actor=lead).act == Act.ADDED
