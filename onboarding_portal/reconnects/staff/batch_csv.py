"""A batch as CSV, for staff to take away."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils import timezone

from onboarding_portal.accounts.staff.csv_cells import BOM, csv_lines
from onboarding_portal.reconnects.models import CHUNK, Batch, Reconnect
from onboarding_portal.reconnects.staff.batches import rows_of
from onboarding_portal.reconnects.staff.link_to_hand_out import link_to_hand_out


def csv_rows(*, batch: Batch, with_links: bool) -> Iterator[str]:
    """The batch as lines of CSV, for a streaming answer. `with_links` only for those who may see secrets."""
    yield BOM + _csv_line(
        ["vehicle_id", "owner", "car", "state", "failure", "reason", "link_expires_at", "emailed_at"]
        + ["redirected_at", "reconnected_at"]
        + (["link"] if with_links else [])
    )
    rows = rows_of(batch).select_related("vehicle__owner", "vehicle__make", "vehicle__model").order_by("pk")
    for row in _in_pieces(rows):
        times = [row.expires_at, row.emailed_at, row.redirected_at, row.reconnected_at]
        yield _csv_line(
            [row.vehicle_id, row.vehicle.owner.email, row.vehicle.name, row.state, row.failure]
            + [row.failure_detail, *(moment.isoformat() if moment else "" for moment in times)]
            + ([link_to_hand_out(row, now=timezone.now())] if with_links else [])
        )


def _in_pieces(rows: QuerySet[Reconnect]) -> Iterator[Reconnect]:
    """All rows, in the order of their keys. No cursor stays open for as long as a visitor takes to fetch them."""
    piece = list(rows[:CHUNK])
    while piece:
        yield from piece
        piece = list(rows.filter(pk__gt=piece[-1].pk)[:CHUNK])


def _csv_line(cells: Iterable[str]) -> str:
    return csv_lines([cells])
