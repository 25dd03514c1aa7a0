"""Each check of a translation finds what it is there for, and lets pass what is right."""

import json
from pathlib import Path

import pytest

from tests.languages import exchange
from tests.languages.catalogues import TRANSLATED
from tests.languages.checks import problems
from tests.languages.gathering import Text

CARS = Text("", "One car was left out.", "%(count)s cars were left out.")


@pytest.mark.parametrize(
    ("language", "english", "translation", "word"),
    [
        ("de", "Go on to %(make)s", "Weiter", "placeholders"),
        ("de", "Go on to %(make)s", "Weiter zu %(marke)s", "placeholders"),
        ("de", "Go on to %(make)s", "Weiter zu %(make)", "placeholders"),
        ("de", "{count} cars", "Autos", "placeholders"),
        ("de", "100%% sure", "Zu 100% sicher", "placeholders"),
        ("de", "<strong>Wait</strong> here", "<b>Warte</b> hier", "markup"),
        ("de", 'See <a href="/x">this</a>', 'Sieh <a href="/y">das</a>', "markup"),
        ("de", "Wait here", "Warte <b>hier", "markup"),
        ("de", "Wait ", "Warte", "white space at"),
        ("de", "Wait here", "Warte  hier", "white space in"),
        ("fr", "You are invited", "Tu es l'invité", "apostrophe"),
        ("fr", "Read it", 'Lis "ça"', "quotation"),
        ("de", "Try again.", "Versuch es noch einmal", "ends"),
        ("de", "Try again", "Versuch es noch einmal.", "ends"),
        ("el", "Try again?", "Ξανά!", "ends"),
        ("de", "Your cars", "Your cars", "is the English"),
        ("de", "Sign in", "", "missing"),
        ("de", "Go and see your cars, now", "Bitte go and see your cars", "left in it"),
        ("el", "Your cars", "Ta autokinita", "script"),
        ("ar", "Your cars", "Sayyaratuk", "script"),
    ],
)
def test_what_is_wrong_is_found(language: str, english: str, translation: str, word: str) -> None:
    assert any(word in each for each in problems(language, Text("", english), (translation,)))


@pytest.mark.parametrize(
    ("language", "english", "translation"),
    [
        ("de", "Go on to %(make)s", "Weiter zu %(make)s"),
        ("de", "%(make)s and %(model)s", "%(model)s von %(make)s"),
        ("fr", "Is it your car?", "C’est votre voiture ?"),
        ("el", "Is it your car?", "Είναι το αυτοκίνητό σας;"),
        ("ar", "Is it your car?", "تل تي سيارتك؟"),
        ("de", "<strong>Wait</strong> here", "Hier <strong>warten</strong>"),
        ("de", "%(size)s kWh", "%(size)s kWh"),
    ],
)
def test_what_is_right_passes(language: str, english: str, translation: str) -> None:
    is_same_right = english == translation
    assert problems(language, Text("", english), (translation,), is_same_right=is_same_right) == []


@pytest.mark.parametrize(
    ("language", "forms", "is_right"),
    [
        ("de", ("Ein Auto fehlt.", "%(count)s Autos fehlen."), True),
        ("de", ("%(count)s Auto fehlt.", "%(count)s Autos fehlen."), True),
        ("de", ("Ein Auto fehlt.", "Autos fehlen."), False),
        ("de", ("Ein Auto fehlt.",), False),
        ("pl", ("Brakuje auta.", "Brakuje %(count)s aut."), False),
        ("pl", ("Brakuje auta.", "Brakuje %(count)s aut.", "Brakuje %(count)s aut."), True),
        ("fr", ("Une voiture manque.", "%(count)s voitures manquent."), False),  # also for none
        ("ar", ("أ.", "ب.", "ج.", "%(count)s د.", "%(count)s ت.", "%(count)s و."), True),
        ("ar", ("أ.", "ب.", "ج.", "د.", "%(count)s ت.", "%(count)s و."), False),
    ],
)
def test_forms_are_counted_and_those_of_one_number_may_leave_it_out(
    language: str, forms: tuple[str, ...], is_right: bool
) -> None:
    assert (problems(language, CARS, forms) == []) is is_right


def test_number_without_a_name_may_not_be_left_out() -> None:
    days = Text("", "%d day", "%d days")

    assert problems("de", days, ("ein Tag", "%d Tage"))
    assert problems("de", days, ("%d Tag", "%d Tage")) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_translators_get_can_be_taken_in_again(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.languages.catalogues.LOCALE", tmp_path)
    monkeypatch.setattr("tests.languages.exchange.problems", lambda *_, **__: [])
    texts = {text.key: text for text in (Text("a step", "Name"), CARS)}
    monkeypatch.setattr("tests.languages.exchange.gathered", lambda: texts)
    asked = json.loads(exchange.as_json(exchange.to_translate(language)))
    for each in asked:
        is_one = isinstance(each["translation"], str)
        each["translation"] = "x" if is_one else {name: f"x {name}" for name in each["forms"]}

    assert exchange.take_in(language, asked) == []
    assert exchange.to_translate(language) == []
    again = exchange.to_translate(language, everything=True)
    assert [each["translation"] for each in again] == [each["translation"] for each in asked]


def test_broken_answers_are_named_and_the_others_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.languages.catalogues.LOCALE", tmp_path)
    texts = {text.key: text for text in (Text("", "Go on to %(make)s"), Text("", "Name"), Text("", "Back"))}
    monkeypatch.setattr("tests.languages.exchange.gathered", lambda: texts)
    answers = [
        {"text": "Go on to %(make)s", "translation": "Weiter"},
        {"text": "Name", "same": True},
        {"text": "Back", "translation": "Zurück"},
        {"text": "Gone", "translation": "Weg"},
    ]

    refused = exchange.take_in("de", answers)

    assert [each.split(":")[0] for each in refused] == ["'Go on to %(make)s'", "'Gone'"]
    assert exchange.same_texts("de") == {"Name"}
    assert [each["text"] for each in exchange.to_translate("de")] == ["Go on to %(make)s"]
