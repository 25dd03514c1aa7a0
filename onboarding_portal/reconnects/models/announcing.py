"""What is told of reconnects to whoever listens to news."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from onboarding_portal.news import News
from onboarding_portal.reconnects.models.states import State

if TYPE_CHECKING:
    from onboarding_portal.reconnects.models.reconnect import ReconnectQuerySet

ASKED = "reconnect.asked"
_KINDS = {
    State.QUEUED: ASKED,
    State.OPENED: "reconnect.opened",
    State.RECONNECTED: "reconnect.back",
    State.FAILED: "reconnect.failed",
    State.EXPIRED: "reconnect.expired",
    State.CANCELLED: "reconnect.cancelled",
}
_COLUMNS = (
    "pk",
    "vehicle_id",
    "vehicle__owner_id",
    "state",
    "origin",
    "wants_email",
    "failure",
    "came_back_with",
)


def kind_of_move(to: State, values: Mapping[str, Any], *, now: datetime) -> str:
    """The event of a move; "" where it is none.

    A reconnect also becomes EMAILED or REDIRECTED when nothing was mailed and nobody left: then an earlier moment
    is kept in `values`.
    """
    if to is State.EMAILED:
        return "reconnect.mailed" if values.get("emailed_at") == now else ""
    if to is State.REDIRECTED:
        if values.get("came_back_at") == now:
            return "reconnect.returned"
        return "reconnect.left" if values.get("redirected_at") == now else ""
    return _KINDS.get(to, "")


def of_reconnects(kind: str, rows: "ReconnectQuerySet", *, now: datetime) -> Iterator[News]:
    """One query."""
    for row in rows.order_by("pk").values(*_COLUMNS):
        yield News(
            kind=kind,
            at=now,
            owner_id=row["vehicle__owner_id"],
            vehicle_id=row["vehicle_id"],
            facts={
                "reconnect_id": row["pk"],
                **{
                    name: row[name]
                    for name in ("state", "origin", "wants_email", "failure", "came_back_with")
                },
            },
        )
