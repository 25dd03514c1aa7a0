"""Owners are told what ev.energy sees and may do before they leave; their yes is kept with what they were told."""

import hashlib
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.formats import date_format

from onboarding_portal.accounts.countries import guess_country
from onboarding_portal.consents.models import Consent
from onboarding_portal.consents.text import VERSION
from onboarding_portal.onboarding.models import Attempt
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_owner, make_vehicle
from tests.reconnects.rows import LINK, make_broken_car

TEMPLATES = Path(settings.BASE_DIR) / "templates"
START = "/connect/start/"
# One line for each text owners were ever asked to agree to: its version, and what its words come to.
TEXTS = {"2026-11-26": "2ffaa0f561508363", "2026-11-27": "b6eb8aaa648c80ef"}
# They take the owner on after the text was shown on the page before.
AFTER_THE_TEXT = {"onboarding/start_failed.html", "reconnects/_progress.html"}


def words_of_the_text() -> str:
    source = (TEMPLATES / "consents/_text.html").read_text() + (TEMPLATES / "consents/_line.html").read_text()
    return " ".join(re.sub(r"{#.*?#}|<[^>]+>", " ", source).split())


def test_changed_words_have_a_new_version() -> None:
    assert list(TEXTS)[-1] == VERSION
    assert hashlib.sha256(words_of_the_text().encode()).hexdigest()[:16] == TEXTS[VERSION], (
        "The words owners agree to have changed: give them a new version in onboarding_portal/consents/text.py, "
        "and add it here."
    )


def test_every_page_with_a_way_out_says_what_it_means() -> None:
    ways_out = re.compile(r"_start_form.html|_try_again.html|onboarding:start'|reconnects:start'")
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        if ways_out.search(text) and path.name not in {"_start_form.html"}:
            found[str(path.relative_to(TEMPLATES))] = "consents/_" in text or "_try_again.html" in text

    assert len(found) > 5
    assert {name for name, tells in found.items() if not tells} <= AFTER_THE_TEXT


@pytest.mark.django_db
def test_the_page_before_leaving_says_who_sees_what(client: Client) -> None:
    client.force_login(make_owner())
    make = make_make("Volvo", onboardable=True)

    html = client.get(f"/connect/{make.pk}/").content.decode()

    for words in (
        "ev.energy",
        "battery level",
        "location",
        "odometer",
        "start and stop charging",
        "disconnect",
    ):
        assert words in html
    assert "your Volvo password, which you type at Volvo only" in html
    assert html.index("odometer") < html.index("Agree and go on to Volvo")


@pytest.mark.django_db
def test_whoever_chooses_at_ev_energy_is_told_as_well(client: Client) -> None:
    client.force_login(make_owner())

    html = client.get("/connect/at-ev-energy/").content.decode()

    assert "odometer" in html
    assert "Agree and go on to ev.energy" in html


@pytest.mark.django_db
def test_the_yes_is_kept(client: Client) -> None:
    owner, make = make_owner(), make_make("Volvo", onboardable=True)
    client.force_login(owner)

    client.post(START, {"make_id": make.pk, "text_version": VERSION})

    consent = Consent.objects.of(owner.pk).get()
    assert (consent.text_version, consent.language, consent.make_id) == (VERSION, "en", make.pk)
    assert consent.attempt_id == Attempt.objects.get().pk
    assert consent.make_name == "Volvo"


@pytest.mark.django_db
def test_a_yes_to_words_that_were_not_shown_is_not_made_up(client: Client) -> None:
    client.force_login(make_owner())

    client.post(START)

    assert Consent.objects.get().text_version == ""


@pytest.mark.django_db
@pytest.mark.parametrize("is_known", [True, False])
def test_words_that_changed_meanwhile_are_shown_first(client: Client, is_known: bool) -> None:
    client.force_login(make_owner())
    picked = {"make_id": make_make(onboardable=True).pk} if is_known else {}

    shown = client.post(START, {**picked, "text_version": "2020-01-01"}, follow=True)

    assert "Please read it again" in shown.content.decode()
    assert "odometer" in shown.content.decode()
    assert not Consent.objects.exists()
    assert not Attempt.objects.exists()


@pytest.mark.django_db
def test_reconnecting_is_a_yes_for_this_car(client: Client, ev_energy_api: EvEnergyApi) -> None:
    car = make_broken_car(make=make_make("Volvo"))
    ev_energy_api.add_reconnect_link(car.pk, address=LINK, expires_at="2030-03-14T10:30:00Z")
    client.force_login(car.owner)
    assert "odometer" in client.get(f"/vehicles/{car.pk}/").content.decode()

    assert client.post(f"/vehicles/{car.pk}/reconnect/").status_code == 302

    consent = Consent.objects.get()
    assert (consent.owner, consent.vehicle, consent.make_id) == (car.owner, car, car.make_id)


@pytest.mark.django_db
def test_proof_is_kept_as_long_as_it_is_needed() -> None:
    with_car, without = make_vehicle().owner, make_owner()
    make_vehicle(owner=without, removed_at=NOW)
    first = Consent.objects.say(owner_id=with_car.pk, make_id="a", now=NOW)
    latest = Consent.objects.say(owner_id=with_car.pk, make_id="a", now=NOW + timedelta(days=1))
    other_make = Consent.objects.say(owner_id=with_car.pk, make_id="b", now=NOW)
    of_no_car = Consent.objects.say(owner_id=without.pk, make_id="a", now=NOW)

    gone = set(Consent.objects.no_longer_needed(before=NOW + timedelta(days=2)))

    assert gone == {first, of_no_car}
    assert not gone & {latest, other_make}
    assert not Consent.objects.no_longer_needed(before=NOW).exists()


@pytest.mark.parametrize(
    ("header", "country"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "AT"),
        ("en,de-DE;q=0.5", "DE"),
        ("de-XX, fr-CH;q=0.3", "CH"),
        ("zh-Hant-TW,en-gb;q=0.5", "GB"),
        ("de", ""),
        ("", ""),
        ("*;q=;;,\x00", ""),
    ],
)
def test_the_country_is_guessed_from_the_browsers_languages(rf, header: str, country: str) -> None:
    assert guess_country(rf.get("/", headers={"accept-language": header})) == country


@pytest.mark.django_db
def test_owners_see_what_they_agreed_to(client: Client) -> None:
    owner, make = make_owner(), make_make("Volvo")
    client.force_login(owner)
    assert "What you agreed to" not in client.get("/account/").content.decode()
    Consent.objects.say(owner_id=owner.pk, make_id=make.pk, now=NOW)
    Consent.objects.say(owner_id=make_owner().pk, make_id=make_make("Kia").pk, now=NOW)

    html = client.get("/account/").content.decode()

    day = date_format(date.fromisoformat(VERSION))
    assert f"For your <bdi>Volvo</bdi> on 14 March 2026 (text of {day})" in html
    assert "Kia" not in html


@pytest.mark.django_db
def test_owners_say_where_they_live(client: Client) -> None:
    owner = make_owner()
    client.force_login(owner)

    refused = client.post("/account/", {"country": "XX"})
    client.post("/account/", {"country": "AT"})

    owner.refresh_from_db()
    assert (refused.status_code, owner.country) == (400, "AT")
    assert '<option value="AT" selected>Austria</option>' in client.get("/account/").content.decode()
