"""Steps of many reconnects at once, a short transaction for each piece."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from onboarding_portal import news
from onboarding_portal.accounts.audit import Recorder, about_cars
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models.announcing import kind_of_move, of_reconnects
from onboarding_portal.reconnects.models.event import ReconnectEvent
from onboarding_portal.reconnects.models.reconnect import Reconnect, ReconnectQuerySet
from onboarding_portal.reconnects.models.states import State, columns_of_move, sources_of

CHUNK = 500

Key = TypeVar("Key", int, str)


def move_all(
    rows: ReconnectQuerySet,
    to: State,
    *,
    now: datetime,
    by: User | None = None,
    note: str = "",
    written_by: Recorder | None = None,
    **values: Any,
) -> int:
    """`Reconnect.move` for all of `rows`; returns how many went. A fixed number of queries for each chunk.

    `written_by` has the audit log know each chunk's cars, in the chunk's transaction.
    """
    pks = list(rows.filter(state__in=sources_of(to)).values_list("pk", flat=True))
    more: dict[str, Any] = {"now": now, "by": by, "note": note, "written_by": written_by}
    return sum(_move_chunk(rows, chunk, to, **more, **values) for chunk in chunks(pks))


def chunks(pks: Sequence[Key], size: int = CHUNK) -> Iterator[Sequence[Key]]:
    """Pieces of work that are a short transaction each."""
    for start in range(0, len(pks), size):
        yield pks[start : start + size]


def _move_chunk(
    rows: ReconnectQuerySet,
    pks: Sequence[int],
    to: State,
    *,
    now: datetime,
    by: User | None,
    note: str,
    written_by: Recorder | None,
    **values: Any,
) -> int:
    with transaction.atomic():
        # Asked again under the lock: what has moved on since the list was made is left alone.
        rows = rows.filter(pk__in=pks, state__in=sources_of(to)).order_by("pk")
        locked = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        moved, values = Reconnect.objects.filter(pk__in=locked), columns_of_move(to, now=now) | values
        moved.update(**values)
        ReconnectEvent.objects.bulk_create(
            [ReconnectEvent(reconnect_id=pk, state=to, at=now, by=by, note=note) for pk in locked]
        )
        if written_by is not None:
            cars = moved.order_by("pk").values_list("vehicle_id", "vehicle__owner_id")
            written_by(about_cars(cars))
        moved.note_repair(to)
        kind = kind_of_move(to, values, now=now)
        if kind and locked:
            news.tell(lambda: of_reconnects(kind, moved, now=now))
    return len(locked)
