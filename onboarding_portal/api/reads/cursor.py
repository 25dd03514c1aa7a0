"""Pages by key: each begins after the last row of the one before, whatever was added or removed meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet

from onboarding_portal.api.problems import invalid

Row = TypeVar("Row", bound=Model)
LARGEST_PAGE = 200
LARGEST_ID = 2**63 - 1  # of a row of ours


def page_after(
    rows: QuerySet[Row], *, cursor: str | None, limit: int, clean: Callable[[str], str | int | None]
) -> tuple[list[Row], str | None]:
    """Returns the rows after the cursor, by primary key, and the cursor of the next page; None on the last.

    `clean` reads a key and returns None for what is none. Raises Problem for a cursor that is none of ours.
    """
    if cursor:
        rows = rows.filter(pk__gt=_read(cursor, clean))
    found = list(rows.order_by("pk")[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    return found, _write(found[-1].pk) if has_more else None


def _write(key: object) -> str:
    return urlsafe_b64encode(f"k{key}".encode()).decode()


def _read(cursor: str, clean: Callable[[str], str | int | None]) -> str | int:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (Error, ValueError):
        text = ""
    key = clean(text[1:]) if text.startswith("k") else None
    if key is None:
        raise invalid("/cursor", "This cursor was not handed out by this address.", location="query")
    return key
