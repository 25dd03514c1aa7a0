"""A job of the clock asks the database as often for many cars as for few; what it has to do goes into tasks."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from onboarding_portal.onboarding.models import AttemptState, Claim
from onboarding_portal.operations.clock.purge_rules import HISTORY
from onboarding_portal.operations.clock.schedule import JOBS
from onboarding_portal.reconnects.models import Reconnect, ReconnectEvent, State
from tests.factories import NOW, make_attempt, make_owner, make_stale_vehicle, make_vehicle

pytestmark = pytest.mark.django_db

# Those that read lists from ev.energy: their queries grow with the pages, as tests of their own show.
BY_PAGES = {"sync_vehicles", "sync_catalogue"}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_all_that_is_due(cars: int) -> None:
    """So many of each: cars to read or diagnose, returns to read, reconnects that came back, ended, or are old."""
    owner = make_owner()
    for _ in range(cars):
        make_vehicle(owner=owner, refresh_due_at=NOW)
        make_stale_vehicle(owner=owner, cause_due_at=NOW)
        attempt = make_attempt(owner=owner, state=AttemptState.RETURNED)
        Claim.objects.create(
            attempt=attempt, vehicle_id=f"vhcl{attempt.pk.int % 10**26:026d}", next_try_at=NOW
        )
        make_attempt(owner=owner, started_at=NOW - 2 * DAY)
        Reconnect.objects.create(
            vehicle=make_vehicle(owner=owner), state=State.EMAILED, emailed_to=owner.email
        )
        stale = make_stale_vehicle(owner=owner)
        link = {"url": "https://app.ev.energy/x", "expires_at": NOW - DAY, "next_work_at": NOW - DAY}
        Reconnect.objects.create(vehicle=stale, state=State.LINK_READY, link_made_at=NOW - DAY, **link)
        old = Reconnect.objects.create(vehicle=stale, state=State.EXPIRED, ended_at=NOW - HISTORY - DAY)
        ReconnectEvent.objects.create(reconnect=old, state=State.EXPIRED, at=NOW - HISTORY - DAY)


def queries_of(run: str, *, cars: int) -> int:
    make_all_that_is_due(cars)
    DBTaskResult.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        import_string(run)()
    return len(queries)


@pytest.mark.parametrize("job", [job for job in JOBS if job.name not in BY_PAGES], ids=lambda job: job.name)
def test_a_job_takes_as_many_queries_for_many_cars_as_for_few(job: object) -> None:
    run = job.run  # type: ignore[attr-defined]  # each job has it
    queries_of(run, cars=1)  # so that what is made once is there

    assert queries_of(run, cars=8) == queries_of(run, cars=2)
