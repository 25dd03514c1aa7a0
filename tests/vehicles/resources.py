"""What the client hands out, made from answers as ev.energy gives them."""

from datetime import datetime, timedelta
from typing import Any

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.json_types import parse
from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.ev_energy.resources import Vehicle as VehicleResource
from onboarding_portal.ev_energy.times import iso
from tests.ev_energy_answers import Json, error_log_json, status_log_json, user_json, vehicle_json
from tests.factories import NOW, make_id


def vehicle_answer(
    *, owner: User | None = None, sampled_at: datetime | None = NOW - timedelta(minutes=5), **fields: Any
) -> Json:
    """ev.energy's answer for a vehicle of `owner`, or of somebody the portal does not know."""
    user_id = owner.ev_energy_user_id if owner else make_id("user")
    status = fields.pop("status", {})
    log = status_log_json(sampled_at=iso(sampled_at), **status) if sampled_at else None
    return vehicle_json(
        user=user_json(id=user_id),
        **{"id": make_id("vhcl"), "latest_status_log": log, **fields},
    )


def vehicle_resource(**fields: Any) -> VehicleResource:
    return parse(VehicleResource, vehicle_answer(**fields))


def error_log(*, at: datetime = NOW - timedelta(hours=1), **fields: Any) -> ErrorLog:
    return parse(ErrorLog, error_log_json(logged_at=iso(at), **fields))
