"""An owner reads what is held about them, takes it along, and has it erased; each with a code mailed just now."""

import logging
import re

import pytest
from django.core import mail
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.audit import about, record
from onboarding_portal.accounts.held import rooms
from onboarding_portal.accounts.known_browser import known_browser
from onboarding_portal.accounts.models import Act, AuditEntry, Erasure, User
from onboarding_portal.accounts.your_data.owners_values import VALUES
from onboarding_portal.accounts.your_data.owners_words import COLUMNS, TABLES
from onboarding_portal.accounts.your_data.words import field_at
from onboarding_portal.vehicles.models import CarToErase
from tests.accounts.journey import sign_in
from tests.factories import make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

START, CODE = reverse("your_data"), reverse("your_data_code")
READ, JSON, ERASE = reverse("your_data_read"), reverse("your_data_json"), reverse("your_data_erase")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def mailed_code() -> str:
    found = re.search(r"^    ([A-Z]{6})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found.group(1)


def prove(client: Client) -> None:
    client.post(START)
    assert client.post(CODE, {"code": mailed_code()})["Location"] == START


@pytest.mark.parametrize("path", [READ, JSON, ERASE])
def test_without_a_fresh_code_nothing_is_shown_and_nothing_goes(path: str) -> None:
    car = make_vehicle()
    client = signed_in(car.owner)

    assert client.get(path)["Location"] == START
    assert client.post(path, {"where": "everywhere"}).status_code in {302, 405}
    assert User.objects.filter(pk=car.owner_id).exists()


def test_an_owner_reads_what_is_held_and_takes_it_along() -> None:
    car = make_vehicle(nickname="Old red")
    client = signed_in(car.owner)
    prove(client)

    page, file = client.get(READ).content.decode(), client.get(JSON)

    assert "Old red" in page
    assert car.pk in page
    assert file.json()["held"]["vehicles.Vehicle"][0]["nickname"] == "Old red"
    assert "attachment" in file["Content-Disposition"]
    assert (
        AuditEntry.objects.about_owner(car.owner_id)
        .filter(act="accounts.exported", actor_kind="OWNER")
        .count()
        == 1
    )


def test_an_owner_reads_it_in_their_language_and_what_is_english_is_marked() -> None:
    owner = make_owner(email="jo@example.com")
    record(act=Act.PASSWORD_SET, actor=make_staff(), about=about(owner))
    client = signed_in(owner)
    prove(client)

    arabic = client.get(READ, headers={"Accept-Language": "ar"}).content.decode()
    english = client.get(READ, headers={"Accept-Language": "en"}).content.decode()

    assert re.findall(r'<(?:h2|dt)[^>]* lang="en"', arabic) == []
    assert '<dd><bdi lang="en">Set a password</bdi></dd>' in arabic
    assert "<dt>E-mail address</dt><dd><bdi>jo@example.com</bdi></dd>" in english
    assert "Set a password" in english


def test_countries_and_languages_are_told_by_their_names() -> None:
    client = signed_in(make_owner(country="FR", language="de"))
    prove(client)

    page = client.get(READ).content.decode()

    assert "<dd><bdi>Frankreich</bdi></dd>" in page
    assert "<dd><bdi>Deutsch</bdi></dd>" in page


@pytest.mark.parametrize("where", ["here", "everywhere"])
def test_an_owner_erases_themselves_and_is_asked_about_ev_energy_separately(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    car = make_vehicle(owner=make_owner(email="ann@example.com", name="Ann Persimmon"))
    client = signed_in(car.owner)
    prove(client)

    page = client.post(ERASE, {"where": where}, follow=True)

    erasure = Erasure.objects.get()
    assert not User.objects.exists()
    assert (erasure.by_kind, erasure.is_at_ev_energy) == ("OWNER", where == "everywhere")
    assert CarToErase.objects.count() == (1 if where == "everywhere" else 0)
    assert page.status_code == 200
    assert ("Waiting for ev.energy" in page.content.decode()) == (where == "everywhere")
    assert client.get(reverse("vehicles:list")).status_code == 302  # signed out
    for word in ("ann@example.com", "Persimmon", car.pk, car.owner.ev_energy_user_id or ""):
        assert word not in caplog.text


@pytest.mark.parametrize("sent", [{}, {"where": ""}, {"where": "nowhere"}])
def test_who_chose_neither_is_asked_again(sent: dict[str, str]) -> None:
    owner = make_owner()
    client = signed_in(owner)
    prove(client)

    page = client.post(ERASE, sent)

    assert page.status_code == 400
    assert "Choose one of the two." in page.content.decode()
    assert User.objects.filter(pk=owner.pk).exists()


def test_a_second_tab_erases_nobody_twice() -> None:
    client = signed_in(make_owner())
    prove(client)

    first = client.post(ERASE, {"where": "here"})
    second = client.post(ERASE, {"where": "here"})

    assert "/erased/" in first["Location"]
    assert second["Location"].startswith("/accounts/login/")
    assert Erasure.objects.count() == 1


def test_the_browser_an_owner_erases_themselves_in_forgets_them_and_nobody_else() -> None:
    ann, client = make_owner(email="ann@example.com"), Client()
    make_owner(email="bob@example.com")
    for email in ("bob@example.com", "ann@example.com"):
        sign_in(client, email)
        if email != ann.email:
            client.post(reverse("account_logout"))
    prove(client)

    client.post(ERASE, {"where": "here"})

    request = HttpRequest()
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    assert known_browser(request, email="bob@example.com")
    assert not known_browser(request, email="ann@example.com")


def test_a_wrong_code_is_told_and_three_are_too_many() -> None:
    client = signed_in(make_owner())
    client.post(START)
    good = mailed_code()
    wrong = "BBBBBB" if good != "BBBBBB" else "CCCCCC"

    pages = [client.post(CODE, {"code": wrong}).status_code for _ in range(3)]
    late = client.post(CODE, {"code": good})

    assert pages == [200, 200, 200]
    assert late["Location"] == START
    assert client.get(READ)["Location"] == START


def test_a_code_works_in_the_browser_that_asked_alone_and_only_the_newest() -> None:
    owner = make_owner()
    client, other = signed_in(owner), signed_in(owner)
    client.post(START)
    first = mailed_code()
    client.post(START)

    assert other.post(CODE, {"code": first})["Location"] == START
    assert client.post(CODE, {"code": first}).status_code == (200 if first != mailed_code() else 302)


def test_a_code_is_stored_as_a_hash_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(make_owner())
    client.post(START)
    code, session = mailed_code(), client.session
    assert code not in str(dict(session))
    session["fresh_code"] = {**session["fresh_code"], "at": session["fresh_code"]["at"] - 901}
    session.save()

    assert client.post(CODE, {"code": code})["Location"] == START
    assert client.get(READ)["Location"] == START


def test_codes_are_counted_as_for_signing_in() -> None:
    client = signed_in(make_owner())

    for _ in range(7):
        client.post(START)

    assert len(mail.outbox) == 5


def test_staff_have_no_data_here() -> None:
    client = Client()
    client.force_login(make_staff(), backend="django.contrib.auth.backends.ModelBackend")

    assert {client.get(path).status_code for path in (START, CODE, READ, JSON, ERASE)} == {403}


def test_no_owner_reads_anothers() -> None:
    make_vehicle(nickname="Not mine")
    client = signed_in(make_owner())
    prove(client)

    assert "Not mine" not in client.get(READ).content.decode()
    assert "Not mine" not in client.get(JSON).content.decode()


def _exported() -> list[tuple[type[Model], str]]:
    return [(each.model, path) for room in rooms() for each in room.held for path in each.exported]


def test_owners_have_words_for_every_record_column_and_value_they_read() -> None:
    """No value has one in vain, either: what is stored there and what is told are the same."""
    missing, values = [], set()
    for model, path in _exported():
        name = f"{model._meta.label}.{path}"
        if model._meta.label not in TABLES:
            missing.append(model._meta.label)
        if path not in COLUMNS and f"{model.__name__}.{path}" not in COLUMNS:
            missing.append(name)
        stored = {key for key, _words in field_at(model, path).flatchoices}
        if stored:
            values.add(name)
            missing += [f"{name}: {value}" for value in stored ^ set(VALUES.get(name, {}))]

    assert missing == []
    assert set(VALUES) - values == {"accounts.AuditEntry.act", "accounts.AuditSubject.entry__act"}
    assert set(VALUES["accounts.AuditEntry.act"]) <= set(Act.values)
    assert set(TABLES) == {model._meta.label for model, _path in _exported()}
    used = {path for _model, path in _exported()} | {f"{m.__name__}.{path}" for m, path in _exported()}
    assert set(COLUMNS) <= used
