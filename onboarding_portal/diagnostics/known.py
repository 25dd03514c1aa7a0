"""What the portal itself knows of a vehicle, shown whether or not ev.energy answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onboarding_portal.vehicles.advice import advice_for
from onboarding_portal.vehicles.models import Vehicle

NEWEST_RECONNECTS = 5
MOST_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class ReconnectStep:
    """A reconnect came into a state at `at`. Links are secrets and are not among this."""

    reconnect_id: int
    state: str
    label: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Known:
    """`advice` is for staff, "" while nothing is wrong. Reconnects are the newest, newest first."""

    vehicle: Vehicle
    advice: str
    reconnects: list[dict[str, Any]]


def known_of(vehicle: Vehicle) -> Known:
    """One query; the vehicle comes with its owner, make, model and trim."""
    states = _state_labels(vehicle)
    rows = vehicle.reconnects.order_by("-created_at")[:NEWEST_RECONNECTS]
    reconnects = [
        {**row, "label": states.get(row["state"], row["state"])}
        for row in rows.values("pk", "state", "created_at", "ended_at")
    ]
    advice = str(advice_for(vehicle).staff) if vehicle.is_stale else ""
    return Known(vehicle=vehicle, advice=advice, reconnects=reconnects)


def reconnect_steps(vehicle: Vehicle, *, since: datetime, until: datetime) -> list[ReconnectStep]:
    """The newest steps of the vehicle's reconnects from `since` to `until`, oldest first. One query."""
    states = _state_labels(vehicle)
    in_period = vehicle.reconnects.filter(events__at__gte=since, events__at__lte=until)
    rows = in_period.order_by("-events__at").values_list("pk", "events__state", "events__at")[:MOST_STEPS]
    steps = [
        ReconnectStep(reconnect_id=pk, state=state, label=states.get(state, state), at=at)
        for pk, state, at in rows
    ]
    return steps[::-1]


def _state_labels(vehicle: Vehicle) -> dict[str, str]:
    # By name: reconnects build on vehicles, not the other way round.
    choices = vehicle.reconnects.model._meta.get_field("state").flatchoices
    return {value: str(label) for value, label in choices}
