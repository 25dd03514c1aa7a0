"""What the catalogue, a room above, knows of makes: it puts its answers here when the portal starts."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Value
from django.db.models.expressions import Combinable


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMakes:
    """`ids` maps the names in lower case to ids; `exists` says whether an id is still in the catalogue; `name_of` is
    the name for the id in a column, inside a query.
    """

    ids: Callable[[], dict[str, str]]
    exists: Callable[[str], bool]
    name_of: Callable[[str], Combinable]


_KNOWN = [KnownMakes(ids=dict, exists=lambda _make_id: False, name_of=lambda _column: Value(""))]


def put_in(makes: KnownMakes) -> None:
    _KNOWN[:] = [makes]


def ids_by_name() -> dict[str, str]:
    """The id of each make, by its name in lower case and by the id itself."""
    return _KNOWN[0].ids()


def is_make(make_id: str) -> bool:
    return bool(make_id) and _KNOWN[0].exists(make_id)


def name_of(column: str) -> Combinable:
    return _KNOWN[0].name_of(column)
