"""A file of owners to invite, as spreadsheets save it: any usual encoding, delimiter, order and language of the head.

The letters of the file are in memory, which its size bounds; its rows are read one by one.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _

from onboarding_portal.accounts.staff.csv_cells import without_guard
from onboarding_portal.storable import storable

MOST_ROWS = 10_000
DELIMITERS = ",;\t"
# What no text begins with: Excel's own files, new and old.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
BYTE_ORDERS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

EMAIL, NAME, LANGUAGE, MAKE, NOTE = "email", "name", "language", "make", "note"
# As people write them, without case, spaces and signs.
HEADS = {
    EMAIL: {"email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse"},
    NAME: {"name", "fullname", "owner", "ownername", "customer", "kunde", "kundin", "kundenname", "halter"},
    LANGUAGE: {"language", "lang", "sprache", "locale"},
    MAKE: {"make", "brand", "carmake", "manufacturer", "marke", "automarke", "fahrzeugmarke", "hersteller"},
    NOTE: {"note", "notes", "comment", "remark", "notiz", "bemerkung", "kommentar", "anmerkung", "hinweis"},
}
_KNOWN = {word: column for column, words in HEADS.items() for word in words}


class FileRefused(Exception):
    """The file as a whole cannot be read; `reason` says to whoever sent it what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A row that is not empty. `line` is its number in a spreadsheet; `cells` has heads, too, as in the file."""

    line: int
    cells: list[tuple[str, str]]
    values: dict[str, str]
    has_more_cells_than_heads: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    heads: dict[str, str]  # of the columns the portal knows, as they are in the file
    unused: list[str]
    rows: Iterator[FileRow]


def read_file(content: bytes) -> ReadFile:
    """Returns what is in the file. Raises FileRefused, also while its rows are read."""
    text = _text_of(content)
    lines = text.split("\n", 1)
    told = re.fullmatch(r'"?sep=(.)"?\s*', lines[0], re.IGNORECASE)  # a line of Excel's own
    skipped, body = (1, lines[1] if len(lines) > 1 else "") if told else (0, text)
    delimiter = told[1] if told else _delimiter_of(body)
    records = _records(body, delimiter=delimiter, skipped=skipped)
    head = next((cells for _line, cells in records if any(cells)), None)
    if head is None:
        raise FileRefused(_("The file is empty. It needs a first line with the names of its columns."))
    columns = _columns_of(head)
    names = [name or _("(no name)") for name in head]
    return ReadFile(
        heads={column: names[index] for column, index in columns.items()},
        unused=[name for index, name in enumerate(names) if index not in columns.values() and head[index]],
        rows=_rows(records, names=names, columns=columns),
    )


def _text_of(content: bytes) -> str:
    if content.startswith(WORKBOOKS):
        raise FileRefused(
            _("This is a workbook, not a CSV. In Excel: Save as, and choose “CSV UTF-8 (comma delimited)”.")
        )
    encoding = next((name for order, name in BYTE_ORDERS.items() if content.startswith(order)), "")
    if not encoding and len(content) > 3 and content[1] == content[3] == 0:
        encoding = "utf-16-le"
    for each in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            text = content.decode(each)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return storable(text).replace("\r\n", "\n").replace("\r", "\n")
    raise FileRefused(_("The file's letters cannot be read. Save it as “CSV UTF-8”."))


def _delimiter_of(text: str) -> str:
    """What stands most often between the names of the columns, outside of quotes."""
    first = next((line for line in text.split("\n", 20)[:20] if line.strip(DELIMITERS + " ")), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _records(text: str, *, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
    number = skipped
    try:
        for number, cells in enumerate(reader, start=skipped + 1):
            yield number, [without_guard(cell.strip()) for cell in cells]
    except csv.Error:
        raise FileRefused(
            _("After line %d the file cannot be read: a quote that is opened is not closed rightly.") % number
        ) from None


def _columns_of(head: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(head):
        column = _KNOWN.get(re.sub(r"[\W_]", "", name.casefold()))
        if column in columns:
            raise FileRefused(
                _("Two columns mean the same: “%(one)s” and “%(other)s”. Leave one.")
                % {"one": head[columns[column]], "other": name}
            )
        if column:
            columns[column] = index
    if EMAIL not in columns:
        raise FileRefused(
            _(
                "No column is named “E-mail”. The first line has the names of the columns: E-mail, Name, Language, "
            )
            + _("Make, Note, in any order; all but E-mail may be missing.")
        )
    return columns


def _rows(
    records: Iterator[tuple[int, list[str]]], *, names: Sequence[str], columns: dict[str, int]
) -> Iterator[FileRow]:
    count = 0
    for line, cells in records:
        if not any(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileRefused(
                _("The file has more than %d rows. Split it, and send in each part.") % MOST_ROWS
            )
        whole = [*cells, *([""] * (len(names) - len(cells)))]
        yield FileRow(
            line=line,
            cells=list(zip(names, whole, strict=False)),
            values={column: whole[index] for column, index in columns.items()},
            has_more_cells_than_heads=any(cells[len(names) :]),
        )
