"""CSV as spreadsheets open it rightly, and run nothing of it."""

import csv
from collections.abc import Iterable
from io import StringIO

from django.http import HttpRequest
from django.utils.formats import get_format

# Without it Excel takes UTF-8 for the letters of its own country.
BOM = "\ufeff"
# A cell that begins like a formula is run by spreadsheets; an apostrophe makes it text.
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  some take the wide ones, too


def csv_lines(rows: Iterable[Iterable[object]], *, delimiter: str = ",") -> str:
    """The rows as text. Numbers stay numbers; any other cell that begins like a formula becomes text."""
    buffer = StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([_harmless(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def delimiter_for(request: HttpRequest) -> str:
    """What this reader's Excel takes for the end of a cell: a semicolon where numbers are written with a comma.

    Excel goes by its country, and so does the first language a browser asks for.
    """
    first = request.headers.get("Accept-Language", "").replace(";", ",").split(",")[0].strip().lower()
    known = first if first.replace("-", "").isalpha() and first.isascii() else "en"
    return ";" if get_format("DECIMAL_SEPARATOR", lang=known, use_l10n=True) == "," else ","


def without_guard(cell: str) -> str:
    """What a cell was before an apostrophe was put in front of it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip(" ")[:1] in FORMULA else cell


def _harmless(cell: object) -> object:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return cell
    text = str(cell)
    return f"'{text}" if text.lstrip(" \u00a0")[:1] in FORMULA else text
