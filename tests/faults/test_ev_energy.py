"""ev.energy: its token endpoint, its lists, its reconnect links, each with a proxy before it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.clock.schedule import JOBS, perform
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import OPEN_STATES, Reconnect, State
from onboarding_portal.sandbox.seeding import seed_owner
from onboarding_portal.vehicles.models import SyncRun, Vehicle
from tests.factories import make_owner, make_staff
from tests.faults.conftest import CELLS, QUICK_CELLS, EvEnergy, check_page, visitor, within_ten_seconds
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "vera@example.com"
LOGIN_PAGE = b"<!doctype html><title>Sign in</title><p>Welcome back</p>"
BREAK: dict[str, Callable[[Proxy], None]] = {
    "down": lambda proxy: proxy.go_down(),
    "refused": lambda proxy: proxy.refuse(answer(b'{"error": "invalid_client"}', "401 Unauthorized")),
    "slow": lambda proxy: proxy.slow_down(seconds=0.5),
    "hangs": lambda proxy: proxy.hang(),
    "wrong answer": lambda proxy: proxy.refuse(answer(LOGIN_PAGE, "200 OK", kind="text/html")),
}
(CATALOGUE,) = [job for job in JOBS if job.name == "sync_catalogue"]
(VEHICLES,) = [job for job in JOBS if job.name == "sync_vehicles"]


def answer(body: bytes, status: str, *, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def each_of(kind: str) -> list[str]:
    return QUICK_CELLS if kind == "back again" else [kind]


@pytest.fixture
def owner(ev_energy: EvEnergy) -> User:
    """Known to ev.energy, with three cars there; one needs a reconnect."""
    user = seed_owner(state=ev_energy.state, email=EMAIL, now_us=ev_energy.now_us)
    return make_owner(email=EMAIL, ev_energy_user_id=user.user_id)


def signed_in(user: User) -> Client:
    client = visitor()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def done(job: Any) -> bool:
    """The job now, whenever it was due."""
    RegularJob.objects.update(next_at=timezone.now())
    with within_ten_seconds():
        return perform(job)


TOKEN_SAYS = {
    "down": "owner: “can’t reach ev.energy”, 503; kept: all; heals: with the next click, jobs after 30 s to 15 min",
    "refused": "as down; staff: Unauthorized at the job and by check_ev_energy",
    "slow": "given up after 5 s an answer, 8 s in all, then as down",
    "hangs": "as slow",
    "wrong answer": "a page in place of a token: as down",
    "back again": "the next call fetches a token",
}


@pytest.mark.parametrize("kind", CELLS)
def test_without_a_token_owners_are_told_and_nothing_is_lost(
    kind: str, ev_energy: EvEnergy, cell: Callable[[str, str, str], None]
) -> None:
    cell("ev.energy's token", kind, TOKEN_SAYS[kind])
    page = signed_in(make_owner(email="new@example.com", ev_energy_user_id=None))
    for each in each_of(kind):
        BREAK[each](ev_energy.token)
        with within_ten_seconds():
            response = page.post("/connect/start/")
        check_page(response, status=503, says="nothing was changed. Please try again in a minute")
        assert not done(CATALOGUE)
        ev_energy.token.come_back()

    assert page.post("/connect/start/").status_code == 302
    assert done(CATALOGUE)


LISTS_SAY = {
    "down": "owner: what was read last, else no list, yet connects at ev.energy; staff: why, at regular jobs",
    "refused": "as down",
    "slow": "given up after 5 s a page, 10 s with repetitions, then as down",
    "hangs": "as slow",
    "wrong answer": "HTML, or a list cut in the middle: nothing of it is believed; as down",
    "back again": "catalogue: tried again after 30 s to 15 min, whole; vehicles: from the page where it stopped",
}


@pytest.mark.parametrize("kind", CELLS)
def test_lists_that_cannot_be_read_change_nothing_and_are_read_again_soon(
    kind: str, ev_energy: EvEnergy, owner: User, cell: Callable[[str, str, str], None]
) -> None:
    cell("ev.energy's lists", kind, LISTS_SAY[kind])
    for each in each_of(kind):
        BREAK[each](ev_energy.api)
        assert not done(CATALOGUE)
        done(VEHICLES)
        check_page(signed_in(owner).get("/connect/"), status=200, says="We don’t have the list of cars yet")
        row = RegularJob.objects.get(name="sync_catalogue")
        assert row.failure
        assert row.next_at - timezone.now() < timedelta(minutes=16)
        boss = signed_in(make_staff(is_superuser=True))
        check_page(boss.get("/admin/operations/regularjob/"), status=200, says=row.failure.partition(":")[0])
        ev_energy.api.come_back()

    assert done(CATALOGUE)
    assert done(VEHICLES)
    assert Make.objects.offered().exists()
    assert Vehicle.objects.filter(owner=owner).count() == 3


@pytest.mark.parametrize("after", [0, 1, 200, 3_000, 20_000])
def test_a_list_cut_in_the_middle_is_not_taken_for_the_whole(ev_energy: EvEnergy, after: int) -> None:
    assert done(CATALOGUE)
    before = Make.objects.offered().count()
    ev_energy.api.cut(after=after)

    assert not done(CATALOGUE)

    assert Make.objects.offered().count() == before


def test_vehicles_cut_in_the_middle_are_not_taken_for_gone(ev_energy: EvEnergy, owner: User) -> None:
    assert done(VEHICLES)
    ev_energy.api.cut(after=500)

    done(VEHICLES)

    assert Vehicle.objects.present().count() == 3
    ev_energy.api.come_back()
    assert done(VEHICLES)
    assert SyncRun.objects.latest("started_at").state == "COMPLETE"
    assert Vehicle.objects.present().count() == 3


RECONNECT_SAYS = {
    "down": "owner: told, with “Try again”; what staff asked for stays queued, 8 tries over 17 h",
    "refused": "as down",
    "slow": "given up after 5 s; a link that came too late is forgotten, the next click gets its own",
    "hangs": "as slow",
    "wrong answer": "owner: sent nowhere and told so; staff's: as down",
    "back again": "the next click leads to ev.energy; what was queued gets one link each",
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_reconnect_that_cannot_begin_is_told_and_begins_when_it_can(
    kind: str, ev_energy: EvEnergy, owner: User, cell: Callable[[str, str, str], None]
) -> None:
    cell("ev.energy's reconnect", kind, RECONNECT_SAYS[kind])
    assert done(VEHICLES)
    car = Vehicle.objects.get(owner=owner, stale_reason="CONNECTION_LOST")
    page = signed_in(owner)
    for each in each_of(kind):
        BREAK[each](ev_energy.api)
        with within_ten_seconds():
            response = page.post(f"/vehicles/{car.pk}/reconnect/")
        check_page(response, status=response.status_code, says="That did not work")
        assert response.status_code in {502, 503}
        ev_energy.api.come_back()

    response = page.post(f"/vehicles/{car.pk}/reconnect/")

    assert response.status_code == 302
    assert response["Location"].startswith(ev_energy.app.sandbox.config.origin)
    assert Reconnect.objects.filter(vehicle=car, state__in=OPEN_STATES).count() == 1


@pytest.mark.parametrize("kind", BREAK)
def test_what_staff_asked_for_waits_for_ev_energy(kind: str, ev_energy: EvEnergy, owner: User) -> None:
    assert done(VEHICLES)
    car = Vehicle.objects.get(owner=owner, stale_reason="CONNECTION_LOST")
    row = Reconnect.objects.create(vehicle=car, created_at=timezone.now(), next_work_at=timezone.now())
    BREAK[kind](ev_energy.api)
    for _ in range(3):
        Reconnect.objects.update(next_work_at=timezone.now(), lease_until=None)
        with within_ten_seconds():
            run_slice(Lane.LINKS, seconds=0.2)
        row.refresh_from_db()
        assert row.state == State.QUEUED
    ev_energy.api.come_back()

    Reconnect.objects.update(next_work_at=timezone.now(), lease_until=None)
    run_slice(Lane.LINKS, seconds=0.2)

    row.refresh_from_db()
    assert row.state == State.LINK_READY
