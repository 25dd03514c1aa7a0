"""A worker killed in the middle of each kind of work: the rows say what is left, the sweeps have it done."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.onboarding.models import Attempt, Claim, ClaimState
from onboarding_portal.onboarding.tasks import read_back_attempt, sweep_attempts
from onboarding_portal.reconnects.background.tasks import Lane, sweep_reconnects, wake
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.sandbox.seeding import seed_owner
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.sync import sync_vehicles
from onboarding_portal.vehicles.tasks import enqueue_due_work
from tests.factories import make_attempt, make_owner
from tests.faults.conftest import EvEnergy
from tests.faults.killing import kill_worker_once

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "vera@example.com"
KINDS = ["links", "watches", "refresh", "diagnosis", "read-back"]


@pytest.fixture
def car(ev_energy: EvEnergy) -> Vehicle:
    user = seed_owner(state=ev_energy.state, email=EMAIL, now_us=ev_energy.now_us)
    owner = make_owner(email=EMAIL, ev_energy_user_id=user.user_id)
    sync_vehicles(client=get_client())
    Vehicle.objects.update(refresh_due_at=None, cause_due_at=None)

    return Vehicle.objects.get(owner=owner, stale_reason="CONNECTION_LOST")


def ask_for(kind: str, car: Vehicle) -> None:
    now = timezone.now()
    match kind:
        case "links":
            Reconnect.objects.create(vehicle=car, created_at=now, next_work_at=now)
            wake(Lane.LINKS, now=now)
        case "watches":
            leaving = {"state": State.REDIRECTED, "redirected_at": now}
            Reconnect.objects.create(vehicle=car, created_at=now, next_work_at=now, **leaving)
            wake(Lane.WATCHES, now=now)
        case "refresh":
            Vehicle.objects.filter(pk=car.pk).update(refresh_due_at=now)
            enqueue_due_work()
        case "diagnosis":
            Vehicle.objects.filter(pk=car.pk).update(cause_due_at=now)
            enqueue_due_work()
        case "read-back":
            attempt = make_attempt(owner=car.owner)
            attempt.claim(vehicle_ids=[car.pk], now=now)
            read_back_attempt.enqueue(str(attempt.pk))


def is_done(kind: str, car: Vehicle) -> bool:
    car.refresh_from_db()
    match kind:
        case "links":
            return Reconnect.objects.get().state == State.LINK_READY
        case "watches":
            return Reconnect.objects.get().checks_done == 1
        case "refresh":
            return car.refresh_due_at is None
        case "diagnosis":
            return car.cause_read_at is not None
    return Claim.objects.get().state == ClaimState.STORED


def all_leases_are_over() -> None:
    """As minutes later: what the killed worker had taken is due again, and its task counts no more."""
    now = timezone.now()
    Reconnect.objects.exclude(next_work_at=None).update(next_work_at=now, lease_until=None)
    Vehicle.objects.exclude(refresh_due_at=None).update(refresh_due_at=now)
    Vehicle.objects.exclude(cause_due_at=None).update(cause_due_at=now)
    Claim.objects.filter(state=ClaimState.PENDING).update(next_try_at=now)
    DBTaskResult.objects.filter(status="RUNNING").update(started_at=now - timedelta(minutes=5))


def kill_in_the_middle(ev_energy: EvEnergy) -> None:
    """A worker of its own process, killed while it waits for ev.energy."""
    ev_energy.api.hang()
    asked = ev_energy.api.connections
    kill_worker_once(lambda: ev_energy.api.connections > asked)
    ev_energy.api.come_back()
    forget_client()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_worker_was_at_is_done_by_the_next(
    kind: str, ev_energy: EvEnergy, car: Vehicle, table_cell: Callable[..., None]
) -> None:
    says = (
        "its task is lost, its row is due again after 30 s (vehicles 10 min); nothing twice but a last mail"
    )
    table_cell("Faults", row="worker", column="down", says=says)
    ask_for(kind, car)
    kill_in_the_middle(ev_energy)
    assert not is_done(kind, car)

    all_leases_are_over()
    sweep_reconnects()
    sweep_attempts()
    enqueue_due_work()
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)

    assert is_done(kind, car)
    assert Reconnect.objects.count() == (1 if kind in {"links", "watches"} else 0)
    assert Attempt.objects.count() == (1 if kind == "read-back" else 0)
