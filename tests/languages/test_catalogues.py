"""The catalogues hold all of owners' texts, whole and sound, in every language."""

import gettext
import re
import shutil
import subprocess
from fnmatch import fnmatch

import pytest
from babel import Locale
from django.utils import translation

from onboarding_portal.languages import LANGUAGES
from tests.languages import catalogues, exchange
from tests.languages.catalogues import LOCALE, TRANSLATED
from tests.languages.gathering import KEYWORDS, Key, Text, gathered, lines_for_staff
from tests.languages.plurals import COUNTING, examples
from tests.languages.rooms import ROOT, STAFF, is_of_models, name_of, owners_files

# Translators are at work on these. None of them when the portal is released.
IN_WORK: list[str] = []


@pytest.fixture(scope="session")
def texts() -> dict[Key, Text]:
    return gathered()


@pytest.mark.parametrize("language", [each for each in TRANSLATED if each not in IN_WORK])
def test_nothing_is_missing_or_left_over(language: str, texts: dict[Key, Text]) -> None:
    catalogue = catalogues.read(language)
    there = {catalogues.key_of(message) for message in catalogue if message.id}

    assert there == {*texts, *catalogues.months(language)}, "Run: python -m tests.languages gather"
    assert [key for key in texts if key not in catalogues.translations(catalogue)] == []
    assert not any(message.fuzzy for message in catalogue if message.id)
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_broken(language: str, texts: dict[Key, Text]) -> None:
    assert exchange.wrong_in(language, texts) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with catalogues.mo_file(language).open("rb") as compiled:
        there = gettext.GNUTranslations(compiled)
    written = catalogues.read(language)

    assert _messages(there) == {
        (f"{context}\x04{text}" if context else text): tuple(
            catalogues.isolated(language, form) for form in forms
        )
        for (context, text), forms in catalogues.translations(written).items()
    }
    assert there.info()["plural-forms"] == COUNTING[language].header
    assert catalogues.po_file(language).read_text() == catalogues.po_text(written)


def _messages(compiled: gettext.GNUTranslations) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, text in compiled._catalog.items():  # type: ignore[attr-defined]  # no other way to read all of it
        if isinstance(key, tuple):
            found[key[0]] = (*found.get(key[0], ()), text)
        elif key:
            found[key] = (text,)
    return found


def test_no_other_language_lies_about() -> None:
    assert {folder.name for folder in LOCALE.glob("*")} <= set(TRANSLATED)


def test_all_languages_of_the_portal_are_counted_in() -> None:
    assert set(COUNTING) == {code for code, _name in LANGUAGES}


@pytest.mark.parametrize("language", COUNTING)
def test_plural_rule_is_that_of_cldr(language: str) -> None:
    counting, locale = COUNTING[language], Locale.parse("pt_PT" if language == "pt" else language)
    rule = gettext.c2py(counting.rule)  # type: ignore[attr-defined]  # the stubs lack it

    for number in range(1000):
        assert counting.forms[rule(number)] == locale.plural_form(number), number


@pytest.mark.parametrize("language", COUNTING)
def test_translators_are_given_right_examples_of_each_form(language: str) -> None:
    locale = Locale.parse("pt_PT" if language == "pt" else language)

    for form in COUNTING[language].forms:
        for number in re.findall(r"\d+", examples(language, form)):
            assert locale.plural_form(int(number)) == form


@pytest.mark.parametrize("language", TRANSLATED)
def test_django_counts_by_the_rule_of_the_catalogue(language: str) -> None:
    forms = catalogues.translations(catalogues.read(language))["", "%d day"]
    rule = gettext.c2py(COUNTING[language].rule)  # type: ignore[attr-defined]  # the stubs lack it

    with translation.override(language):
        for number in range(130):
            assert translation.ngettext("%d day", "%d days", number) == forms[rule(number)]


def test_each_line_of_the_list_of_staffs_files_leaves_something_out() -> None:
    names = [
        file.relative_to(ROOT).as_posix()
        for folder in ("templates", "onboarding_portal")
        for file in (ROOT / folder).rglob("*")
    ]

    assert [pattern for pattern in STAFF if not any(fnmatch(name, pattern) for name in names)] == []


def test_every_other_name_of_the_functions_that_mark_is_known() -> None:
    names = [
        re.findall(r"import n?p?gettext(?:_lazy)? as (\w+)", each.read_text()) for each in owners_files()
    ]

    assert {name for found in names for name in found} <= set(KEYWORDS)


@pytest.mark.skipif(not shutil.which("xgettext"), reason="Needs gettext: apt-get install gettext")
def test_gettext_finds_the_same_texts_in_modules(texts: dict[Key, Text]) -> None:
    modules = [each for each in owners_files() if each.suffix == ".py"]
    modules = [
        each for each in modules if not lines_for_staff(each.read_text(), is_of_models=is_of_models(each))
    ]
    keywords = ["gettext_lazy", "_lazy", "ngettext_lazy:1,2", "pgettext:1c,2", "pgettext_lazy:1c,2"]
    options = ["-L", "Python", "--from-code=UTF-8", "-o", "-", *(f"-k{each}" for each in keywords)]
    found = subprocess.run(
        ["xgettext", *options, *modules], capture_output=True, check=True, text=True
    ).stdout

    names = {name_of(each) for each in modules}
    assert found.count("\nmsgid ") - 1 == sum(bool(names & set(text.files)) for text in texts.values())
