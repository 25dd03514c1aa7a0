"""Reconnects for tests, in any state, with the times a reconnect in that state has."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from onboarding_portal.reconnects.mailed.lasting_link import create_token
from onboarding_portal.reconnects.models import FINAL_STATES, HelperLink, Reconnect, State, hash_helper_token
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_make, make_model, make_stale_vehicle

LINK = "https://app.ev.energy/vehicle-onboarding/start/56091b3b-86e9-4e7c-a825-f99e5d131234"
OTHER_LINK = "https://app.ev.energy/vehicle-onboarding/start/0d9c61a5-12f7-4c7e-9c1f-3f0c53a1b6ee"


def make_broken_car(**fields: Any) -> Vehicle:
    """A Volvo EX30 that has lost its connection."""
    model = fields.pop("model", None) or make_model("EX30", make=make_make("Volvo"))
    return make_stale_vehicle(model=model, **fields)


def make_reconnect(
    state: State = State.QUEUED, *, vehicle: Vehicle | None = None, **fields: Any
) -> Reconnect:
    values: dict[str, Any] = {"created_at": NOW - timedelta(hours=1), "next_work_at": NOW}
    if state == State.LINK_READY:
        values |= {"url": LINK, "link_made_at": NOW, "expires_at": NOW + timedelta(hours=1)}
    if state in {State.EMAILED, State.OPENED}:
        values |= {
            "wants_email": True,
            "emailed_at": NOW - timedelta(hours=1),
            "lasting_until": NOW + timedelta(days=14),
        }
    if state == State.REDIRECTED:
        values |= {"redirected_at": NOW - timedelta(minutes=1)}
    if state in FINAL_STATES:
        values |= {"ended_at": NOW - timedelta(minutes=1), "next_work_at": None}
    if state == State.RECONNECTED:
        values |= {"reconnected_at": NOW - timedelta(minutes=1), "next_work_at": NOW}
    vehicle = vehicle or make_broken_car()
    if fields.get("emailed_at") or "emailed_at" in values:
        values["emailed_to"] = vehicle.owner.email
    return Reconnect.objects.create(vehicle=vehicle, state=state, **{**values, **fields})


def make_emailed(**fields: Any) -> tuple[Reconnect, str]:
    """A reconnect whose e-mail went out, and the token of its link."""
    reconnect = make_reconnect(State.EMAILED, **fields)
    return reconnect, create_token(reconnect=reconnect, now=NOW)


def make_helper_link(vehicle: Vehicle, **fields: Any) -> tuple[HelperLink, str]:
    """A link that somebody was sent to sign in for the car's owner, and its token."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    values = {
        "vehicle": vehicle,
        "owner": vehicle.owner,
        "email": "helper@example.com",
        "owner_email": vehicle.owner.email,
        "token_hash": hash_helper_token(token),
        "created_at": now,
        "expires_at": now + timedelta(days=7),
        **fields,
    }
    return HelperLink.objects.create(**values), token
