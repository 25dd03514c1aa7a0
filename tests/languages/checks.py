"""What is wrong with a translation, as far as a program can see."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.languages.gathering import Text
from tests.languages.plurals import COUNTING

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
NUMBER = re.compile(r"%\((?:count|number|minutes|hours|days|cars|most|left)\)")
TAG = re.compile(r"<[^>]*>|&\w+;")
WORD = re.compile(r"\b[^\W\d_]+\b")  # no ids, such as user01J4
# How a sentence may end that ends so in English; Greek asks with a semicolon.
ENDS = {".": ".", "?": "?؟;\u037e", ":": ":", "!": "!", "…": "…"}
SCRIPTS = {"el": re.compile(r"[Ͱ-Ͽἀ-῿]"), "ar": re.compile(r"[؀-ۿ]")}
# Forms that mean one number alone.
OF_ONE_NUMBER = {"ar": {"zero", "one", "two"}, "cy": {"zero", "one", "two", "few", "many"}, "fr": set[str]()}
LEFT_OVER = 4  # so many words in a row as in English


def problems(language: str, text: Text, forms: Sequence[str], *, is_same_right: bool = False) -> list[str]:
    """In words, none if nothing is wrong. `is_same_right`: the translation may be what the English is."""
    names = COUNTING[language].forms if text.plural else ("",)
    if len(forms) != len(names):
        return [f"{len(forms)} forms, of {len(names)}: {', '.join(names)}"]
    found = []
    for name, form in zip(names, forms, strict=True):
        english = text.text if name in {"", "one"} else text.plural
        wrong = [
            *_placeholders(text, form, is_of_one_number=name in OF_ONE_NUMBER.get(language, {"one"})),
            *_of_one(language, english, form, is_same_right=is_same_right),
        ]
        found += [f"{name}: {each}" if name else each for each in wrong]
    return found


def _of_one(language: str, english: str, form: str, *, is_same_right: bool) -> Iterator[str]:
    if not form.strip():
        yield "missing"
        return
    if Counter(TAG.findall(english)) != Counter(TAG.findall(form)) or form.count("<") != english.count("<"):
        yield f"markup: {TAG.findall(english)} in English, {TAG.findall(form)} here"
    if _around(english) != _around(form):
        yield "white space at its beginning or end"
    if "  " in form.strip() or english.strip().count("\n") != form.strip().count("\n"):
        yield "white space in it"
    if "'" in form and "'" not in english:
        yield "a straight apostrophe: write ’"
    if '"' in PLACEHOLDER.sub("", TAG.sub("", form)) and '"' not in TAG.sub("", english):
        yield "straight quotation marks"
    yield from _end(english, form)
    yield from _english_left_over(language, english, form, is_same_right=is_same_right)


def _placeholders(text: Text, form: str, *, is_of_one_number: bool) -> Iterator[str]:
    wanted, there = (Counter(PLACEHOLDER.findall(each)) for each in (text.plural or text.text, form))
    lost, added = wanted - there, there - wanted
    # "One car" needs no number; one without a name must stay, for Python counts them.
    may_go = is_of_one_number and all(NUMBER.search(each) for each in lost)
    if added or (lost and not may_go):
        yield f"placeholders: {sorted(wanted.elements())} in English, {sorted(there.elements())} here"


def _around(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _end(english: str, form: str) -> Iterator[str]:
    last = TAG.sub("", english).strip()[-1:]
    here = TAG.sub("", form).strip()[-1:]
    if last in ENDS and here not in ENDS[last]:
        yield f"ends with “{here}”, in English with “{last}”"
    if last not in ENDS and here in ".:;!" and last != here:
        yield f"ends with “{here}”, in English with “{last}”"


def _english_left_over(language: str, english: str, form: str, *, is_same_right: bool) -> Iterator[str]:
    plain = [PLACEHOLDER.sub(" ", TAG.sub(" ", each)) for each in (english, form)]
    theirs, ours = ([word.casefold() for word in WORD.findall(each)] for each in plain)
    if not theirs or is_same_right:
        return
    if english.strip() == form.strip():
        yield "is the English: translate it, or name it in same.txt"
    runs = {tuple(theirs[at : at + LEFT_OVER]) for at in range(len(theirs) - LEFT_OVER + 1)}
    if any(tuple(ours[at : at + LEFT_OVER]) in runs for at in range(len(ours) - LEFT_OVER + 1)):
        yield "English words are left in it"
    if language in SCRIPTS and not SCRIPTS[language].search(form):
        yield "is not in the language’s script"
