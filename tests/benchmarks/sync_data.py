"""Owners of the sandbox's fleet, and a sync that tells what it took."""

import resource
import time
from collections.abc import Callable
from itertools import islice

from django.db import connection

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.sandbox.identifiers import stable_id
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles.models import SyncRun, Vehicle
from onboarding_portal.vehicles.sync import SyncOutcome, sync_vehicles


def add_owners(*, vehicles: int) -> None:
    """The owners the sandbox gives its fleet of so many vehicles to: every fifth vehicle is its owner's second."""
    emails = [f"owner{place}@fleet.example" for place in range(vehicles) if place == 0 or place % 5 != 4]
    owners = (
        User(email=email, password="!", ev_energy_user_id=stable_id("user", email))  # "!" fits no password
        for email in emails
    )
    while chunk := list(islice(owners, 2000)):
        User.objects.bulk_create(chunk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def sync() -> dict[str, float]:
    """Reads all vehicles in this process, and goes on until the run is complete."""
    counter = _Counter()
    started = time.perf_counter()
    with connection.execute_wrapper(counter):
        report = sync_vehicles(client=get_client(), patience=SYNC_LEASE)
    seconds = time.perf_counter() - started
    assert report.outcome is SyncOutcome.COMPLETE, report
    return {
        "seconds": seconds,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "queries": counter.count,
        **stored(),
    }


def stored() -> dict[str, int]:
    """What the database has: vehicles, and the pages of the last run."""
    run = SyncRun.objects.order_by("-pk").first()
    return {
        "vehicles": Vehicle.objects.present().count(),
        "pages": run.page_count if run else 0,
        "runs": SyncRun.objects.count(),
    }


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., object], *query: object) -> object:
        self.count += 1
        return execute(*query)
