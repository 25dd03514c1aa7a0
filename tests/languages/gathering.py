"""Owners' texts out of templates and modules, without gettext's programs.

Django reads templates, Babel reads Python.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from django.utils.translation.template import templatize

from tests.languages.rooms import is_of_models, name_of, owners_files

KEYWORDS = {
    **dict.fromkeys(["_", "_lazy", "gettext", "gettext_lazy", "gettext_noop"], None),
    **dict.fromkeys(["ngettext", "ngettext_lazy", "_n"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}
Key = tuple[str, str]  # context ("" if none), text


@dataclass
class Text:
    """One message, and where it is used."""

    context: str
    text: str
    plural: str = ""
    comments: list[str] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.context, self.text

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(name for name, _line in self.places))


def gathered() -> dict[Key, Text]:
    """All of owners' texts, in the order of files and lines."""
    texts: dict[Key, Text] = {}
    for file in owners_files():
        for text in _texts_of(file):
            known = texts.setdefault(text.key, text)
            if known is not text:
                known.places += text.places
                known.comments += [each for each in text.comments if each not in known.comments]
                known.plural = known.plural or text.plural
    return texts


def _texts_of(file: Path) -> Iterator[Text]:
    source = file.read_text()
    staffs = lines_for_staff(source, is_of_models=is_of_models(file)) if file.suffix == ".py" else set()
    if file.suffix != ".py":
        # What is left of a template is no Python: without its indentation it can be read as if it were.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(file)).split("\n"))
    found = extract(
        "python",
        BytesIO(source.encode()),
        keywords=KEYWORDS,
        comment_tags=["Translators"],
        options={"encoding": "utf-8"},
    )
    for line, message, comments, context in found:
        if line in staffs:
            continue
        text, plural = message if isinstance(message, tuple) else (message, "")
        yield Text(
            context or "", text, plural, [_comment(each) for each in comments], [(name_of(file), line)]
        )


def lines_for_staff(source: str, *, is_of_models: bool) -> set[int]:
    """An argument called `staff` holds words for colleagues; a model, the names of its columns."""
    staffs: set[int] = set()
    said: set[int] = set()
    for each in ast.walk(ast.parse(source)):
        is_columns = isinstance(each, ast.ClassDef) and (is_of_models or _is_model(each))
        if is_columns or (isinstance(each, ast.keyword) and each.arg == "staff"):
            staffs |= _lines(each)
        elif isinstance(each, ast.FunctionDef):
            said |= _lines(each)
    return staffs - said


def _is_model(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("models.Model") for base in node.bases)


def _lines(node: ast.stmt | ast.keyword) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _comment(text: str) -> str:
    return text.removeprefix("Translators").lstrip(": ").strip()
