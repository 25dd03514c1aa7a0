"""Owners of the made-up fleet, and a sync that tells what it took."""

import resource
import time
from collections.abc import Callable
from itertools import islice

from django.db import connection
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import SyncRun, Vehicle
from onboarding_portal.vehicles.outages import review_outages
from onboarding_portal.vehicles.sync import SyncOutcome, sync_vehicles
from tests.benchmarks.fleet_server import owner_count, owner_id


def add_owners(*, vehicles: int) -> None:
    """The owners of a fleet of so many vehicles: four for five of them."""
    owners = (
        User(email=f"{owner}@fleet.example", password="!", ev_energy_user_id=owner)  # "!" fits no password
        for owner in map(owner_id, range(owner_count(vehicles)))
    )
    while chunk := list(islice(owners, 2000)):
        User.objects.bulk_create(chunk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def sync() -> dict[str, float]:
    """Reads all vehicles in this process, and goes on until the run is complete."""
    counter = _Counter()
    started, started_cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counter):
        report = sync_vehicles(client=get_client(), patience=SYNC_LEASE)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    assert report.outcome is SyncOutcome.COMPLETE, report
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "queries": counter.count,
        "after_seconds": _after_seconds(),
        **stored(),
    }


def _after_seconds() -> float:
    """What each slot does once its pages are stored, when there is nothing to change any more."""
    started = time.perf_counter()
    staleness.apply_to_all(now=timezone.now())
    review_outages(now=timezone.now())
    return time.perf_counter() - started


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
