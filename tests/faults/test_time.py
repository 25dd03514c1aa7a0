"""The system's clock is set forward and back by an hour, and by more; and the hour that comes twice in autumn."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.operations.clock.schedule import JOBS, perform
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.models import SyncRun
from tests.factories import make_owner
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
# Two in the morning comes twice on this day in Europe.
NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
(SWEEP,) = [job for job in JOBS if job.name == "sweep_reconnects"]


@pytest.fixture(params=[-24, -1, 1, 24], ids=lambda hours: f"{hours:+d} h")
def jump(request: pytest.FixtureRequest, table_cell: Callable[..., None]) -> timedelta:
    ahead = "set forward: what was due in between is done at once, leases end early, rows decide who counts"
    back = "set back: jobs and leases go on at once; what was due waits as long as it was set back, a day at most"
    table_cell("Faults", row="time", column="wrong answer", says=ahead)
    table_cell("Faults", row="time", column="back again", says=back)
    return timedelta(hours=request.param)


@pytest.mark.parametrize("begin", [NIGHT, datetime(2026, 3, 29, 0, 45, tzinfo=UTC)])
def test_the_sweep_goes_on_at_once(jump: timedelta, begin: datetime) -> None:
    with time_machine.travel(begin, tick=False) as traveller:
        assert perform(SWEEP)
        traveller.shift(jump)
        assert perform(SWEEP)
        traveller.shift(timedelta(minutes=1))
        assert perform(SWEEP)


def test_a_lease_from_before_is_none(jump: timedelta) -> None:
    with time_machine.travel(NIGHT, tick=False) as traveller:
        reconnect = make_reconnect(next_work_at=NIGHT - timedelta(days=3))
        Reconnect.objects.update(lease_until=NIGHT + RECONNECT_LEASE)
        assert Reconnect.objects.take_due(now=timezone.now()) is None

        traveller.shift(jump)

        assert Reconnect.objects.take_due(now=timezone.now()) == reconnect


def test_a_reading_that_was_leased_goes_on(jump: timedelta) -> None:
    lease = timedelta(seconds=30)
    with time_machine.travel(NIGHT, tick=False) as traveller:
        assert SyncRun.objects.take(lease_for=lease, now=timezone.now())
        assert SyncRun.objects.take(lease_for=lease, now=timezone.now()) is None

        traveller.shift(jump)

        assert SyncRun.objects.take(lease_for=lease, now=timezone.now())


def test_the_budget_lets_owners_and_background_go_on(jump: timedelta) -> None:
    budget = get_budget()
    with time_machine.travel(NIGHT, tick=False) as traveller:
        for _ in range(5):
            budget.settle([budget.reserve()], answer=None)
        traveller.shift(jump)

        budget.reserve()
        with priority(Priority.BULK):
            budget.reserve()


def test_an_owner_stays_signed_in_and_signs_in(jump: timedelta) -> None:
    with time_machine.travel(NIGHT, tick=False) as traveller:
        owner = Client()
        owner.force_login(make_owner(), backend="django.contrib.auth.backends.ModelBackend")

        traveller.shift(jump)

        assert owner.get("/vehicles/").status_code == 200
        assert Client().post("/accounts/login/", {"email": "anna@example.com"}).status_code == 302


def test_an_e_mail_goes_out_once_whatever_the_clock_does(jump: timedelta) -> None:
    with time_machine.travel(NIGHT, tick=False) as traveller:
        make_reconnect(
            wants_email=True, next_work_at=NIGHT - timedelta(days=3), created_at=NIGHT - timedelta(days=3)
        )
        run_slice(Lane.MAILS, seconds=0.2)
        for shift in (jump, -jump):
            traveller.shift(shift)
            run_slice(Lane.MAILS, seconds=0.2)

        assert Reconnect.objects.get().state == State.EMAILED
        assert len(mail.outbox) == 1
