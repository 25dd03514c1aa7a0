"""What a day costs in requests: the table in docs/readiness.md, its arithmetic, and a run against the sandbox."""

import math
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.readiness.background import job
from onboarding_portal.readiness.background.charges import LAG, SHORTEST_STRETCH
from onboarding_portal.readiness.models import Reading, Subject
from onboarding_portal.sandbox.server import serve_in_thread
from onboarding_portal.vehicles.pace import SLOT

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DOCS = (Path(__file__).parents[2] / "docs/readiness.md").read_text()
PAGE = 100
OWNERS_A_CAR = 0.8


def cost(*, cars: int, sub_sessions_a_car: float = 1.0) -> tuple[int, int]:
    """Requests of a day: for charges, and for homes. Each stretch of time has a page that is not full."""
    slots = DAY // SLOT
    charges = math.ceil(cars * sub_sessions_a_car / PAGE) + DAY // SHORTEST_STRETCH
    homes = math.ceil(cars * OWNERS_A_CAR / PAGE)
    most = {subject: slots * job.pages_a_slot(subject) for subject in Subject}
    return min(charges, most[Subject.CHARGED]), min(homes, most[Subject.HOMES])


@pytest.mark.parametrize("cars", [1_000, 10_000, 200_000])
def test_docs_state_what_a_day_costs(cars: int) -> None:
    charges, homes = cost(cars=cars)

    stated = re.search(rf"^\| {cars:,} \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", DOCS, re.MULTILINE)

    assert stated
    assert [int(number.replace(",", "")) for number in stated.groups()] == [charges, homes, charges + homes]


def test_a_days_charges_of_the_largest_fleet_are_within_their_part() -> None:
    slots = DAY // SLOT
    assert cost(cars=200_000)[0] < slots * job.pages_a_slot(Subject.CHARGED)


def test_a_run_against_the_sandbox_costs_what_was_calculated(settings: Settings) -> None:
    """A thousandth of the largest fleet: pages of 100 over all cars and all owners, and nothing car by car."""
    with serve_in_thread(vehicles=200, inactive_share=0.05) as sandbox:
        settings.EV_ENERGY_API_URL, settings.EV_ENERGY_TOKEN_URL = sandbox.api_url, sandbox.token_url
        settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
        forget_client()
        now = timezone.now()
        Reading.objects.create(subject=Subject.CHARGED, read_until=now - LAG - DAY)

        for subject in Subject:
            job.read(subject, client=get_client(), pages=50, clock=lambda: now)

        asked = sandbox.app.sandbox.statistics.requests
        forget_client()
    charges, homes = cost(cars=200)
    assert asked["get-users", 200] == homes
    assert 1 <= asked["get-charging_sub_sessions", 200] <= charges
    assert {operation for operation, _status in asked} <= {
        "token",
        "get-users",
        "get-charging_sub_sessions",
    }
