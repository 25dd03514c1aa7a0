"""Every text owners read is marked and gathered: in the pseudo-language no word stands outside brackets."""

import calendar
import re
from pathlib import Path

import pytest
from babel import Locale
from django.conf import settings as portal
from django.utils import translation

from onboarding_portal.accounts.mail import FOR_COLLEAGUES, KINDS
from onboarding_portal.accounts.viewer_zone import zone_names
from onboarding_portal.languages import LANGUAGES, PSEUDO_LANGUAGES
from onboarding_portal.operations.components.mails import CAR, END, MAKE
from tests.accounts.mail_examples import NAMES, letter
from tests.languages.marked import outside_brackets, read, unmarked_in_template
from tests.languages.pseudo import CLOSE, OPEN, pseudo
from tests.languages.rooms import name_of, owners_files
from tests.owner_states import STATES, brought_about

EMAIL = re.compile(r"[\w.-]+@[\w.-]+")
TEMPLATES = [each for each in owners_files() if each.suffix != ".py"]
# What is data, not text: the company, its address, an owner, a car; and names every language writes its own way.
DATA = [
    "Brightfield Energy",
    "help@brightfield.example",
    "anna@example.com",
    "Volvo",
    "EX30",
    "Twin Motor",
    "ev.energy",
]
DATA += ["UTC", *(name.replace("_", " ") for name in zone_names())]
DATA += [name for _code, name in [*LANGUAGES, *PSEUDO_LANGUAGES]]
DATA += [*calendar.month_name[1:], *calendar.month_abbr[1:]]


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_no_word_of_a_template_stands_outside_of_translations(template: Path) -> None:
    assert unmarked_in_template(template.read_text(), is_html=template.suffix == ".html") == []


def test_a_word_outside_of_translations_is_found() -> None:
    template = '{% translate "In" %}<p title="forgotten">{# no #}{{ x }} there</p><style>p</style>'
    template += "{% blocktranslate %}in {{ x }}{% endblocktranslate %}{% comment %}no{% endcomment %}"

    assert unmarked_in_template(template, is_html=True) == ["forgotten", "there"]


def test_a_text_outside_brackets_is_found() -> None:
    text = read(f'<p>{OPEN}Hello {OPEN}inner{CLOSE}{CLOSE} <img alt="forgotten"> there Volvo</p>')

    assert outside_brackets(text, opening=OPEN, closing=CLOSE, data=DATA) == ["forgotten", "there"]


@pytest.mark.parametrize(
    ("english", "made"),
    [
        ("Go on to %(make)s", "⟦Gö öñ tö %(make)s öñé⟧"),
        ('<a href="{url}">Cars</a> ', '⟦<a href="{url}">Çárs</a> öñé⟧ '),
    ],
)
def test_pseudo_language_keeps_what_is_filled_in(english: str, made: str) -> None:
    assert pseudo(english).replace(" two", "") == made


def _words_outside(html: str, *data: str) -> list[str]:
    return outside_brackets(read(html), opening=OPEN, closing=CLOSE, data=[*DATA, *data])


# Names of cars, suppliers and tariffs, of a country; what Django says of an empty field.
DATA += [
    "Hyundai",
    "Kona",
    "Mercedes-Benz",
    "Polestar",
    "Renault",
    "Škoda",
    "smart",
    "MG",
    "XC40",
    "Recharge",
    "Ultra",
]
DATA += [
    "with a very long name of its own",
    "YV1 of a long description",
    "Supplier",
    "Tariff",
]
DATA += ["user", "vhcl"]  # what ids begin with
DATA += ["The family’s car with a very long name of its own, given by its owner", "Old red"]
DATA += [
    "The family’s car with quite a long name",
    "Ariya",
    "Audi",
    "BMW",
    "Citroën",
    "DS Automobiles",
    "Ford",
]
DATA += ["Great Wall Motors and Sons", "Volkswagen Commercial Vehicles"]
DATA += Locale("en").territories.values()


@pytest.mark.django_db
def test_owners_read_translated_pages_in_every_state(pseudo_languages: None) -> None:
    found = {}
    for name in STATES:
        with brought_about(name, language="en-xa") as answer:
            html = answer.content.decode()
        found[name] = _words_outside(html, *EMAIL.findall(html))

    assert [(name, " ".join(words[:12])) for name, words in sorted(found.items()) if words] == []


@pytest.mark.parametrize(
    ("kind", "example"), [each for each in NAMES if each[0] in KINDS and each[0] not in FOR_COLLEAGUES]
)
def test_owners_read_translated_mails(pseudo_languages: None, kind: str, example: str) -> None:
    with translation.override("en-xa"):
        made = letter(kind, example)
    data = [CAR, MAKE, END, "KRTWXZ", "…4711", portal.PORTAL_URL.removeprefix("http://")]
    text = re.sub(r"https?://\S+", "", f"{made.subject}\n{made.text}")

    assert _words_outside(made.html, *data) == []
    assert outside_brackets(text, opening=OPEN, closing=CLOSE, data=[*DATA, *data]) == []
