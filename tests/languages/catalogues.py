"""The files of translations: `onboarding_portal/locale/<language>/LC_MESSAGES/django.po`, and the .mo beside it."""

import calendar
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from onboarding_portal.languages import LANGUAGES
from tests.languages.gathering import Key, Text
from tests.languages.plurals import COUNTING
from tests.languages.rooms import ROOT

LOCALE = ROOT / "onboarding_portal/locale"
TRANSLATED = [code for code, _name in LANGUAGES if code != "en"]
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the same texts give the same file, whenever it is made
_NO_USE = (
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Project-Id-Version",
    "Report-Msgid",
    "Last-Tr",
    "Language-Team",
)
FROM_RIGHT_TO_LEFT = {"ar"}
_TAGS = re.compile(r"(<[^>]*>)")
_FILLED_IN = re.compile(r"%\((?!\w*(?:url|link|email))\w+\)s")
Forms = tuple[str, ...]  # one, or one for each plural form


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES/django.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")


def read(language: str) -> Catalog:
    """The catalogue as it is kept, an empty one if there is none yet."""
    file = po_file(language)
    if not file.exists():
        return new(language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language, domain="django")


def new(language: str) -> Catalog:
    catalog = Catalog(locale=language, domain="django", project="", fuzzy=False)
    catalog.creation_date = catalog.revision_date = _NO_DATE
    catalog.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", COUNTING[language].header),
    ]
    return catalog


def translations(catalog: Catalog) -> dict[Key, Forms]:
    """What is translated: each text with its forms, those alone that are whole."""
    found = {}
    for message in catalog:
        forms = forms_of(message)
        if message.id and all(forms) and not message.fuzzy:
            found[key_of(message)] = forms
    return found


def key_of(message: Message) -> Key:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", text


def forms_of(message: Message) -> Forms:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def put_together(language: str, texts: dict[Key, Text], known: dict[Key, Forms]) -> Catalog:
    """A catalogue of these texts, with what is known of their translations."""
    catalog = new(language)
    for text in texts.values():
        forms = known.get(text.key, ("",))
        count = len(COUNTING[language].forms) if text.plural else 1
        if len(forms) != count:
            forms = ("",) * count
        catalog.add(
            (text.text, text.plural) if text.plural else text.text,
            forms if text.plural else forms[0],
            locations=[(name, 0) for name in text.files],
            auto_comments=text.comments,
            context=text.context or None,
        )
    for (_context, name), (translated,) in months(language).items():
        catalog.add(name, translated, auto_comments=["A month in a date, as CLDR writes it"])
    return catalog


def months(language: str) -> dict[Key, Forms]:
    """The months as CLDR writes them beside a day. Django has some with a capital, and Greek ones in another case."""
    names = Locale.parse(language).months["format"]["wide"]
    return {("", calendar.month_name[number]): (names[number],) for number in range(1, 13)}


def po_text(catalog: Catalog) -> str:
    written = BytesIO()
    write_po(written, catalog, width=120, include_lineno=False)
    lines = written.getvalue().decode().split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("msgid"))
    kept = [line for line in lines[first:] if not line.startswith(tuple(f'"{name}' for name in _NO_USE))]
    return "\n".join(kept).rstrip("\n") + "\n"


def isolated(language: str, form: str) -> str:
    """What is filled in stands by itself in a text from right to left, so that "EX30 (2024)" keeps its brackets.

    Addresses of pages and mailboxes do not: programs that make links of them would take the marks along.
    """
    if language not in FROM_RIGHT_TO_LEFT:
        return form
    pieces = _TAGS.split(form)  # every second one is a tag
    pieces[::2] = [_FILLED_IN.sub("\u2068\\g<0>\u2069", each) for each in pieces[::2]]
    return "".join(pieces)


def mo_bytes(catalog: Catalog) -> bytes:
    """What is translated, and nothing else."""
    whole = Catalog(locale=catalog.locale, domain="django", fuzzy=False)
    whole.mime_headers = catalog.mime_headers
    whole.creation_date = whole.revision_date = _NO_DATE
    for message in catalog:
        if message.id and all(forms_of(message)) and not message.fuzzy:
            forms = [isolated(str(catalog.locale), each) for each in forms_of(message)]
            whole.add(message.id, forms if message.pluralizable else forms[0], context=message.context)
    written = BytesIO()
    write_mo(written, whole)
    return written.getvalue()


def write(language: str, catalog: Catalog) -> None:
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    po_file(language).write_text(po_text(catalog))
    mo_file(language).write_bytes(mo_bytes(read(language)))
