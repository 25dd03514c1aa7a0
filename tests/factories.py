"""Rows for tests: each function makes one with sensible values and takes what a test cares about."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from onboarding_portal.accounts.models import MailPause, User
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.vehicles.models import ByHand, Integration, StaleReason, Vehicle

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)

_numbers = itertools.count(1)


def make_id(prefix: str) -> str:
    """A new id of ev.energy's shape: `make_id("vhcl")` gives vhcl00000000000000000000000001."""
    return f"{prefix}{next(_numbers):026d}"


def make_owner(**fields: Any) -> User:
    number = next(_numbers)
    values = {"email": f"owner{number}@example.com", "ev_energy_user_id": make_id("user"), **fields}
    return User.objects.create_user(**values)


def make_staff(**fields: Any) -> User:
    return make_owner(**{"is_staff": True, "password": "staff-password", "ev_energy_user_id": None, **fields})


def make_make(name: str = "Volvo", **fields: Any) -> Make:
    values = {"make_id": make_id("vmak"), "name": name, **fields}
    return Make.objects.create(**values)


def make_model(name: str = "EX30", *, make: Make | None = None, **fields: Any) -> Model:
    make = make or make_make()
    values = {"model_id": make_id("vmod"), "make": make, "name": name, **fields}
    return Model.objects.create(**values)


def make_trim(name: str = "Twin Motor", *, model: Model | None = None, **fields: Any) -> Trim:
    model = model or make_model()
    values = {"trim_id": make_id("trim"), "model": model, "name": name, **fields}
    return Trim.objects.create(**values)


def make_attempt(*, owner: User | None = None, **fields: Any) -> Attempt:
    return Attempt.objects.create(owner=owner or make_owner(), **{"started_at": NOW, **fields})


def make_vehicle(*, owner: User | None = None, **fields: Any) -> Vehicle:
    """A car that works: connected a week ago, last heard of an hour ago, read just now (all by NOW)."""
    make = fields.pop("make", None) or (fields["model"].make if fields.get("model") else None)
    values = {
        "vehicle_id": make_id("vhcl"),
        "make": make,
        "integration": Integration.ACTIVE,
        "last_status_at": NOW - timedelta(hours=1),
        "connected_at": NOW - timedelta(days=7),
        "read_at": NOW,
        **fields,
    }
    return Vehicle.objects.create(owner=owner or make_owner(), **values)


def make_stale_vehicle(reason: StaleReason = StaleReason.CONNECTION_LOST, **fields: Any) -> Vehicle:
    """A car that has been stale for a day, with the integration and the last data that fit the reason."""
    fitting = {
        StaleReason.CONNECTION_LOST: {"integration": Integration.INACTIVE},
        StaleReason.SILENT: {"last_status_at": NOW - timedelta(days=3)},
        StaleReason.MARKED_BY_STAFF: {},
    }[reason]
    stale_since = NOW - timedelta(days=1)
    values = {"last_status_at": NOW - timedelta(days=2), "cause_due_at": stale_since, **fitting, **fields}
    return make_vehicle(**{"stale_since": stale_since, "stale_reason": reason, **values})


def handle_by_hand(vehicle: Vehicle, *, to: User | None = None) -> ByHand:
    colleague = to or make_staff()
    return ByHand.objects.assign(
        owner_id=vehicle.owner_id, vehicle_id=vehicle.pk, to=colleague, reason="Rang.", by=colleague, now=NOW
    )


def pause_mail(owner: User) -> User:
    assert MailPause.objects.begin(owner_id=owner.pk, by=make_staff(), reason="In hospital.", now=NOW)
    return owner
