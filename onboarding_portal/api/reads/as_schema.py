"""From rows to what the API gives."""

from typing import Any, Literal

from onboarding_portal.api import schemas
from onboarding_portal.reconnects.models import Origin, Reconnect, State
from onboarding_portal.vehicles.advice import advice_for
from onboarding_portal.vehicles.cause_words import SigningIn
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.vehicle_words import Integration, StaleReason

HELPS: dict[SigningIn, Literal["yes", "maybe", "no"]] = {
    SigningIn.HELPS: "yes",
    SigningIn.MAY_HELP: "maybe",
    SigningIn.DOES_NOT_HELP: "no",
}
ASKED_BY: dict[str, Literal["owner", "staff", "policy", "api"]] = {
    Origin.OWNER: "owner",
    Origin.STAFF: "staff",
    Origin.EMAIL: "staff",
    Origin.RULE: "policy",
    Origin.API: "api",
}


def stale_of(vehicle: Vehicle) -> schemas.Stale | None:
    """What is known of a car that sends nothing; None for one that does."""
    if vehicle.stale_since is None:
        return None
    return schemas.Stale(
        since=vehicle.stale_since,
        reason=StaleReason(vehicle.stale_reason),
        cause=Cause(vehicle.cause) if vehicle.cause else None,
        signing_in_helps=HELPS[advice_for(vehicle).signing_in],
    )


def reconnect_of(row: Reconnect) -> schemas.Reconnect:
    return schemas.Reconnect(
        id=row.pk,
        vehicle_id=row.vehicle_id,
        state=State(row.state),
        asked_by=ASKED_BY[row.origin],
        asked_at=row.created_at,
        emailed_at=row.emailed_at,
        opened_at=row.opened_at,
        left_at=row.redirected_at,
        back_at=row.came_back_at,
        reconnected_at=row.reconnected_at,
        ended_at=row.ended_at,
    )


def vehicle_of(row: Vehicle) -> schemas.Vehicle:
    """From a row of `reads.vehicles.with_all`."""
    told: Any = row
    open_ones: list[Reconnect] = told.open_reconnects
    return schemas.Vehicle(
        id=row.pk,
        owner_id=str(row.owner_id),
        ev_energy_user_id=row.owner.linked_user_id or None,
        make=_named(row.make),
        model=_named(row.model),
        trim=_named(row.trim),
        integration=Integration(row.integration),
        is_switched_off=row.is_disabled,
        connected_at=row.connected_at,
        last_data_at=row.last_status_at,
        read_at=row.read_at,
        stale=stale_of(row),
        open_reconnect=reconnect_of(open_ones[0]) if open_ones else None,
        last_repaired_at=told.last_repaired_at,
    )


def _named(entry: Any) -> schemas.Named | None:
    return schemas.Named(id=entry.pk, name=entry.name) if entry else None
