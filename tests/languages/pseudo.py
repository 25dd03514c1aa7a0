"""A language made of the English texts: accents, 40 % longer, in brackets. What is not in it was not marked.

`en-xa` reads from left to right, `ar-xb` from right to left. No translator is waited for: the tests make them in a
folder of theirs, `python -m tests.languages pseudo` makes them for a server with DEBUG.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog

from onboarding_portal.languages import PSEUDO_FOLDER
from tests.languages import catalogues
from tests.languages.gathering import gathered

OPEN, CLOSE = "⟦", "⟧"
LOCALES = {"en-xa": "en_XA", "ar-xb": "ar_XB"}
_ACCENTS = str.maketrans("aceinouyACEINOUY", "áçéîñöûýÁÇÉÎÑÖÛÝ")
_KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]*>|&\w+;|\n)")
LONGER = 0.4
_PADDING = "one two three four five six seven eight nine ten eleven twelve".translate(_ACCENTS).split()


def pseudo(text: str) -> str:
    """The text in brackets, with its placeholders and tags, 40 % longer and with room for a line to break."""
    pieces = _KEPT.split(text)
    letters = sum(len(piece) for piece in pieces[::2])
    said = "".join(piece if number % 2 else piece.translate(_ACCENTS) for number, piece in enumerate(pieces))
    lead, body, trail = re.fullmatch(r"(\s*)(.*?)(\s*)", said, re.DOTALL).groups()  # type: ignore[union-attr]  # fits any text
    return f"{lead}{OPEN}{body}{_padding(letters)}{CLOSE}{trail}"


def _padding(letters: int) -> str:
    padding = ""
    for number in range(int(letters * LONGER)):
        if len(padding) >= letters * LONGER:
            break
        padding += f" {_PADDING[number % len(_PADDING)]}"
    return padding


def catalogue(language: str) -> Catalog:
    """Counts as English does."""
    made = catalogues.new("en")
    is_from_right = language.split("-", maxsplit=1)[0] in catalogues.FROM_RIGHT_TO_LEFT
    for text in gathered().values():
        forms = [pseudo(each) for each in (text.text, text.plural) if each]
        if is_from_right:
            forms = [catalogues.isolated("ar", each) for each in forms]
        both = (text.text, text.plural)
        made.add(
            both if text.plural else text.text,
            forms if text.plural else forms[0],
            context=text.context or None,
        )
    return made


def write(folder: Path, names: Iterable[str] = tuple(LOCALES)) -> Path:
    """Compiles the pseudo-languages into `folder`, which can then be one of LOCALE_PATHS."""
    for language in names:
        compiled = catalogues.mo_bytes(catalogue(language))
        file = folder / LOCALES[language] / "LC_MESSAGES/django.mo"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(compiled)
    return folder


def write_for_server() -> Path:
    return write(PSEUDO_FOLDER)
