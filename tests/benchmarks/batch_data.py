"""The scene of the batch: stale vehicles of the sandbox's fleet, owners who click, and what came of it all."""

import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import OPEN_STATES, Batch, BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.sync import SyncOutcome, sync_vehicles
from tests.benchmarks.start_data import session_of
from tests.benchmarks.sync_data import add_owners


def read_fleet(*, vehicles: int, clicks: int) -> dict[str, Any]:
    """Brings the stale fleet in; returns who will click: a session and a vehicle each, and a CSRF token."""
    add_owners(vehicles=vehicles)
    report = sync_vehicles(client=get_client())
    assert report.outcome is SyncOutcome.COMPLETE, report
    assert Vehicle.objects.stale().count() == vehicles, "A vehicle of the fleet is not stale."
    clicking = Vehicle.objects.select_related("owner").order_by("pk")[:clicks]
    return {
        "csrf": _get_new_csrf_string(),
        "owners": [
            (session_of(vehicle.owner, settings.AUTHENTICATION_BACKENDS[-1]), vehicle.pk)
            for vehicle in clicking
        ],
    }


def start_batch(*, leave_out: list[str]) -> int:
    """A batch of links for all vehicles but these; returns how many it took."""
    staff, _ = User.objects.get_or_create(email="staff@example.com", defaults={"is_staff": True})
    vehicles = Vehicle.objects.exclude(pk__in=leave_out)
    batch = create_batch(vehicles=vehicles, kind=BatchKind.LINKS, by=staff, now=timezone.now())
    return batch.reconnects.count()


def sweep() -> None:
    sweep_reconnects()


def wait_until_done(*, patience_seconds: float) -> bool:
    """Returns whether nothing of the batch waits any more, as soon as that is so or the patience has run out."""
    gives_up_at = time.monotonic() + patience_seconds
    while waiting():
        if time.monotonic() > gives_up_at:
            return False
        time.sleep(0.5)
    return True


def waiting() -> int:
    return Reconnect.objects.filter(batch__isnull=False, state=State.QUEUED).count()


def outcome() -> dict[str, Any]:
    """How the batch's reconnects ended; `without_end` have neither exactly one link nor one clear failure."""
    rows = list(
        Reconnect.objects.filter(batch=Batch.objects.get()).values("vehicle_id", "state", "url", "failure")
    )
    has_link = [bool(row["url"]) and row["state"] in OPEN_STATES for row in rows]
    has_failed = [row["state"] == State.FAILED and row["failure"] and not row["url"] for row in rows]
    vehicles = Counter(row["vehicle_id"] for row in rows)
    return {
        "rows": len(rows),
        "vehicles": len(vehicles),
        "links": sum(has_link),
        "different_links": len({row["url"] for row in rows if row["url"]}),
        "failures": sum(map(bool, has_failed)),
        "without_end": sum(
            bool(link) == bool(failed) for link, failed in zip(has_link, has_failed, strict=True)
        ),
    }
