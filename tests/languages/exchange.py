"""Texts as JSON for translators, and back: nobody touches a .po file by hand."""

import json
from pathlib import Path
from typing import Any

from tests.languages import catalogues
from tests.languages.checks import problems
from tests.languages.gathering import Key, Text, gathered
from tests.languages.plurals import COUNTING, examples
from tests.languages.rooms import ROOT


def same_file(language: str) -> Path:
    """Texts that are the same in this language and in English, one a line."""
    return catalogues.LOCALE / language / "same.txt"


def same_texts(language: str) -> set[str]:
    file = same_file(language)
    return set(file.read_text().splitlines()) if file.exists() else set()


def gather(language: str) -> None:
    """Takes in new texts and leaves out old ones. Translations of texts that stay are kept."""
    known = catalogues.translations(catalogues.read(language))
    catalogues.write(language, catalogues.put_together(language, gathered(), known))


def to_translate(language: str, *, everything: bool = False) -> list[dict[str, Any]]:
    """What is missing; with `everything` all, with what is there."""
    known = catalogues.translations(catalogues.read(language))
    texts = gathered().values()
    return [
        _asked(language, each, known.get(each.key)) for each in texts if everything or each.key not in known
    ]


def take_in(language: str, answers: list[dict[str, Any]]) -> list[str]:
    """Writes the translations that are sound, and returns what is wrong with the others."""
    texts = gathered()
    known = catalogues.translations(catalogues.read(language))
    same = same_texts(language)
    refused = []
    for answer in answers:
        if answer.get("same"):
            same.add(str(answer["text"]))
            answer["translation"] = answer["text"]
        wrong = _take(language, answer, texts, known, same=same)
        refused += [f"{answer.get('text')!r}: {each}" for each in wrong]
    used = {text.text for text in texts.values()}
    same_file(language).parent.mkdir(parents=True, exist_ok=True)
    same_file(language).write_text("".join(f"{each}\n" for each in sorted(same & used)))
    catalogues.write(language, catalogues.put_together(language, texts, known))
    return refused


def _take(
    language: str, answer: dict[str, Any], texts: dict[Key, Text], known: dict[Key, Any], *, same: set[str]
) -> list[str]:
    key = str(answer.get("context") or ""), str(answer.get("text"))
    if key not in texts:
        return ["no such text (any more)"]
    forms = answer.get("translation") or ""
    if isinstance(forms, dict):
        forms = [forms.get(name, "") for name in COUNTING[language].forms]
    forms = (forms,) if isinstance(forms, str) else tuple(forms)
    if not any(forms):
        return []  # not done yet
    wrong = problems(language, texts[key], forms, is_same_right=key[1] in same)
    if not wrong:
        known[key] = forms
    return wrong


def _asked(language: str, text: Text, forms: tuple[str, ...] | None) -> dict[str, Any]:
    asked: dict[str, Any] = {"context": text.context} if text.context else {}
    asked["text"] = text.text
    if text.plural:
        asked["plural"] = text.plural
        names = COUNTING[language].forms
        asked["forms"] = {name: examples(language, name) for name in names}
        asked["translation"] = dict(zip(names, forms or ("",) * len(names), strict=True))
    else:
        asked["translation"] = forms[0] if forms else ""
    if text.comments:
        asked["comment"] = " ".join(text.comments)
    asked["where"] = [_place(*place) for place in text.places[:3]]
    return asked


def _place(name: str, line: int) -> str:
    lines = (ROOT / name).read_text().splitlines()
    return f"{name}: {lines[line - 1].strip()[:160]}" if line <= len(lines) else name


def as_json(asked: list[dict[str, Any]]) -> str:
    return json.dumps(asked, ensure_ascii=False, indent=1) + "\n"


def state(language: str) -> str:
    texts = gathered()
    known = catalogues.translations(catalogues.read(language))
    return f"{language}: {sum(key not in known for key in texts)} missing of {len(texts)}"


def wrong_in(language: str, texts: dict[Key, Text] | None = None) -> list[str]:
    """What is wrong in the catalogue, missing texts aside."""
    texts = texts or gathered()
    known, same = catalogues.translations(catalogues.read(language)), same_texts(language)
    months = catalogues.months(language)
    found = []
    for key, forms in known.items():
        if key in months:
            continue
        text = texts.get(key)
        wrong = ["is in no file (any more)"] if text is None else []
        if text is not None:
            wrong = problems(language, text, forms, is_same_right=text.text in same)
        found += [f"{key[1]!r}: {each}" for each in wrong]
    return found
