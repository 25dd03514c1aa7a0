"""Tables of the first page: the same rows are shown, linked to the lists behind them, and written as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`value` is what a CSV has; `text` is how a page says it, where that differs. None: nobody counted."""

    value: int | str | None
    text: str = ""
    url: str = ""

    @property
    def is_number(self) -> bool:
        return not isinstance(self.value, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: Text
    url: str = ""
    cells: Sequence[Cell] = ()
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` is in the address of its CSV; `first` heads the labels."""

    name: str
    title: Text
    first: Text
    heads: Sequence[Text]
    rows: Sequence[Row] = field(default_factory=list)
    note: Text = ""


def list_url(view: str, **filters: object) -> str:
    """The address of a list of the admin, `vehicles_vehicle` say, with these filters."""
    address = reverse(f"admin:{view}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
