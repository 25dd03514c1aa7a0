"""How the processes use the database: connections are bounded, and lists that staff take away come whole."""

from collections.abc import Callable

import psycopg
import pytest
import requests
from playwright.sync_api import Page

from tests.rehearsal.deployment import Deployment
from tests.rehearsal.load import Route, load, wait_until_answered
from tests.rehearsal.people import sign_in_as_staff
from tests.rehearsal.pgbouncer import SERVER_CONNECTIONS

pytestmark = pytest.mark.rehearsal

THREADS, CLOCK, WORKER = 4, 3, 1  # as docs/deploy.md says
VISITORS = 16
ROWS = 3000
MAKE_A_BATCH = f"""
from django.utils import timezone
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import Batch, Reconnect
from onboarding_portal.vehicles.models import Vehicle
owner = User.objects.create_user("owner-of-many@example.com")
ids = [f"vhcl{{number:026d}}" for number in range(10**9, 10**9 + {ROWS})]
cars = Vehicle.objects.bulk_create([Vehicle(vehicle_id=one, owner=owner) for one in ids])
batch = Batch.objects.create(kind="LINKS")
ended = {{"state": "FAILED", "ended_at": timezone.now()}}
Reconnect.objects.bulk_create([Reconnect(vehicle=car, batch=batch, **ended) for car in cars], batch_size=500)
print("batch", batch.pk)
"""


def connections(database_url: str) -> int:
    """How many the server has for this database, besides the one that asks."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchone()
    assert found
    return int(found[0])


def test_processes_take_no_more_connections_than_stated(
    deployment: Deployment, database_url: str, pytestconfig: pytest.Config
) -> None:
    webs = [process for process in deployment.running if process.name == "web" and process.is_running]
    others = [
        process
        for process in deployment.running
        if process.name in {"worker", "clock"} and process.is_running
    ]
    stated = THREADS * len(webs) + sum({"worker": WORKER, "clock": CLOCK}[process.name] for process in others)
    if pytestconfig.getoption("--through-pgbouncer"):
        stated = SERVER_CONNECTIONS
    most = 0

    with load(
        Route(deployment.url), paths=["/readyz", "/accounts/login/", "/connect/"], visitors=VISITORS
    ) as noted:
        for count in (50, 100, 150, 200):
            wait_until_answered(noted, deployment.url, count=count)
            most = max(most, connections(database_url))

    assert noted.errors == []
    assert 0 < most <= stated


def test_staff_take_away_a_batch_of_thousands(
    browser_page: Callable[[], Page], deployment: Deployment
) -> None:
    number = deployment.manage("shell", "-v", "0", "-c", MAKE_A_BATCH).split()[-1]
    page = browser_page()
    sign_in_as_staff(page, deployment)
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(deployment.url)}

    answer = requests.get(
        f"{deployment.url}/admin/reconnects/batch/{number}/csv/", cookies=cookies, timeout=60
    )

    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert len(lines) == ROWS + 1
    assert len({line.partition(",")[0] for line in lines}) == ROWS + 1
