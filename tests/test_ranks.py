"""Who waits for each call to ev.energy, and that nobody of staff takes what is kept for owners."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.priority import Priority, current_priority
from onboarding_portal.ev_energy.reservation import Reservation
from onboarding_portal.operations.ev_energy_check.findings import check_ev_energy
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import A_FEW, BatchKind, Reconnect
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.staff_acts import Act, carry_out
from onboarding_portal.vehicles.tasks import Work, work_off
from tests.api.rows import ApiClient, make_key
from tests.diagnostics.desk import KINDS, make_car, page_url, sign_in_staff
from tests.ev_energy_answers import an_id
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner, make_staff
from tests.reconnects.rows import make_broken_car

pytestmark = pytest.mark.django_db
TABLE = "Who waits for a call to ev.energy"
PORTAL = Path(__file__).resolve().parent.parent / "onboarding_portal"

# Every module that calls ev.energy, and who waits there.
CALLERS = {
    "accounts/admin/users.py": "staff",
    "accounts/own_place/address_pages.py": "owner",
    "api/hand_over/owner_named.py": "staff: one of the company's systems, for an owner nobody knows here",
    "catalogue/management/commands/sync_catalogue.py": "background",
    "desk/moving.py": "staff",
    "diagnostics/management/commands/vehicle_logs.py": "staff",
    "diagnostics/views.py": "staff",
    "onboarding/country.py": "owner",
    "onboarding/departure.py": "owner",
    "onboarding/preparation.py": "owner, in the background",
    "onboarding/tasks.py": "owner at first, then background",
    "onboarding/views.py": "owner",
    "operations/checks/ownership.py": "the start: one request, before which nothing runs",
    "operations/clock/jobs.py": "background",
    "operations/demo/run.py": "the demo",
    "operations/ev_energy_check/findings.py": "staff",
    "readiness/background/job.py": "background",
    "readiness/owner/asking.py": "owner",
    "readiness/personal_data.py": "owner; staff: for the file of an owner's data",
    "readiness/staff/views.py": "staff",
    "reconnects/background/lanes.py": "owner just back; staff: a few links; background",
    "reconnects/helper/pages.py": "owner: whom they asked for help",
    "reconnects/owner/views.py": "owner",
    "vehicles/car_page/letting_go.py": "owner",
    "vehicles/letting_go.py": "owner; staff, in the background: somebody was promised it",
    "vehicles/erasing.py": "staff, in the background: somebody was promised it",
    "vehicles/first_look.py": "owner at first, then background",
    "vehicles/management/commands/sync_vehicles.py": "background",
    "vehicles/tasks.py": "owner; staff: a few cars; background",
    "vehicles/views.py": "owner",
}


def test_every_module_that_calls_ev_energy_is_in_the_table() -> None:
    calling = {
        str(path.relative_to(PORTAL))
        for path in PORTAL.rglob("*.py")
        if path.parent.name != "ev_energy"
        and re.search(r"(?<!def )\bget_client\(\)|(?<!class )\bConversation\(", path.read_text())
    }

    assert calling == set(CALLERS)


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Priority]:
    """The rank of each call for which the budget was asked."""
    ranks: list[Priority] = []
    reserve = Budget.reserve

    def noting(budget: Budget) -> Reservation:
        ranks.append(current_priority())
        return reserve(budget)

    monkeypatch.setattr(Budget, "reserve", noting)
    return ranks


def log_page(place: str, kind: str) -> Callable[[], object]:
    return lambda: sign_in_staff().get(page_url(place, kind, make_car()))


def read_logs_on_the_command_line() -> None:
    with suppress(CommandError):
        call_command("vehicle_logs", make_car().pk, "--kind", "status", stdout=StringIO())


def type_an_id() -> None:
    owner, client = make_owner(ev_energy_user_id=None), Client()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    form = {"email": owner.email, "is_active": "on", "ev_energy_user_id": an_id("user", 7)}
    client.post(f"/admin/accounts/user/{owner.pk}/change/", form)


def links(count: int) -> None:
    for _ in range(count):
        make_broken_car()
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.LINKS, by=make_staff(), now=timezone.now())
    run_slice(Lane.LINKS)
    assert Reconnect.objects.count() == count


def act(on: int, of: Act, then: Work) -> None:
    for _ in range(on):
        make_car()
    carry_out(act=of, vehicles=Vehicle.objects.all(), by=make_staff(), now=timezone.now())
    Vehicle.objects.exclude(stale_since=None).update(cause_due_at=timezone.now() - timedelta(minutes=1))
    work_off(work=then, client=get_client(), clock=timezone.now)


def hand_out_data() -> None:
    staff = sign_in_staff("view_user", "export_owner", "view_address")
    staff.get(f"/admin/accounts/user/{make_owner().pk}/export.json")


def name_an_owner_by_id() -> None:
    body = {
        "ev_energy_user_id": an_id("user", 7),
        "journey": "connect",
        "return_url": "https://www.brightfield.example/",
    }
    assert ApiClient(make_key()[1]).post("/sessions", body).status_code == 503


STAFF: dict[str, Callable[[], object]] = {
    "a session of the API, by an owner's id": name_an_owner_by_id,
    **{f"{kind} logs: {place}": log_page(place, kind) for kind in KINDS for place in ("list", "entry")},
    "time line": log_page("timeline", ""),
    "vehicle_logs": read_logs_on_the_command_line,
    "an owner's id at ev.energy, typed": type_an_id,
    "an owner's data, as a file": hand_out_data,
    "check_ev_energy": lambda: list(check_ev_energy()),
    "a few links": lambda: links(2),
    "a few cars read again": lambda: act(2, Act.REFRESH, Work.REFRESH),
    "a few cars marked stale, and why": lambda: act(2, Act.MARK_STALE, Work.DIAGNOSIS),
}
MANY: dict[str, Callable[[], object]] = {
    "many links": lambda: links(A_FEW + 1),
    "many cars read again": lambda: act(A_FEW + 1, Act.REFRESH, Work.REFRESH),
    "many cars marked stale, and why": lambda: act(A_FEW + 1, Act.MARK_STALE, Work.DIAGNOSIS),
}


@pytest.mark.parametrize("entry", [*STAFF, *MANY])
def test_staff_never_take_what_is_kept_for_owners(
    ev_energy_api: EvEnergyApi,
    settings: Settings,
    asked: list[Priority],
    entry: str,
    table_cell: Callable[..., None],
) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 1000  # of 1,000: only owners' requests are left
    rank = Priority.STAFF if entry in STAFF else Priority.BULK
    table_cell(TABLE, row=entry, column="rank", says=rank.value)
    table_cell(TABLE, row=entry, column="requests out of the owners' reserve", says="0")

    {**STAFF, **MANY}[entry]()

    assert ev_energy_api.requests == []
    assert set(asked) == {rank}
