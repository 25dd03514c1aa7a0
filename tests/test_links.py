"""Anonymous visitors, owners and staff click on everything there is: no page fails, no link is dead."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.onboarding.models import AttemptState
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import Batch, BatchKind, State, UnstableVehicle
from onboarding_portal.sandbox.seeding import seed_owner
from onboarding_portal.sandbox.server import Running, serve_in_thread
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from onboarding_portal.vehicles.sync import sync_vehicles
from tests.crawler import Crawler
from tests.factories import make_attempt, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import LINK, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

ENTRANCES = ["/", "/vehicles/", "/connect/", "/admin/"]
EMAIL = "anna@example.com"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Running]:
    forget_client()
    with serve_in_thread() as running:
        settings.EV_ENERGY_API_URL, settings.EV_ENERGY_TOKEN_URL = running.api_url, running.token_url
        settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
        yield running
    forget_client()


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def owner(sandbox: Running, now: datetime) -> User:
    """Anna, with a car in every condition, an attempt and a reconnect in every state; and the whole catalogue."""
    app = sandbox.app.sandbox
    user = seed_owner(state=app.state, email=EMAIL, now_us=app.clock.now_us())
    owner = make_owner(email=EMAIL, ev_energy_user_id=user.user_id)
    sync_catalogue(client=get_client(), now=now)
    sync_vehicles(client=get_client())
    for reason in StaleReason:
        make_stale_vehicle(reason, owner=owner, stale_since=now - timedelta(days=1), read_at=now)
    make_vehicle(owner=owner, last_status_at=None, connected_at=now, read_at=now)
    make_vehicle(owner=owner, is_disabled=True, read_at=now)
    make_vehicle(owner=owner, integration=Integration.UNINTEGRATED, read_at=now)
    for state in AttemptState:
        make_attempt(owner=owner, state=state, started_at=now)
    add_reconnects(owner, now=now)
    return owner


def add_reconnects(owner: User, *, now: datetime) -> None:
    """A batch with a reconnect in every state, and one that was cancelled before anything was done."""
    batch = Batch.objects.create(kind=BatchKind.LINKS, created_at=now)
    extras = {
        State.LINK_READY: {"url": LINK, "link_made_at": now, "expires_at": now + timedelta(hours=1)},
        State.FAILED: {"failure": "UNAVAILABLE"},
    }
    for state in State:
        vehicle = make_stale_vehicle(owner=owner, stale_since=now - timedelta(days=1), read_at=now)
        make_reconnect(state, vehicle=vehicle, batch=batch, created_at=now, **extras.get(state, {}))
    UnstableVehicle.objects.create(vehicle=vehicle, repairs=3, flagged_at=now)
    Batch.objects.create(kind=BatchKind.EMAILS, created_at=now, cancelled_at=now)


@pytest.fixture
def mailed(owner: User, now: datetime) -> dict[str, int]:
    """Addresses that only e-mails have, with their meant status: links that work, have ended, were cut off."""
    stale = {"owner": owner, "stale_since": now, "read_at": now}
    until = now + timedelta(days=14)
    _, token = make_emailed(vehicle=make_stale_vehicle(**stale), lasting_until=until)
    ended, ended_token = make_emailed(vehicle=make_stale_vehicle(**stale), lasting_until=until)
    ended.move(State.CANCELLED, now=now)
    _, invited = Invitation.objects.invite(email="new@example.com", invited_by=None, now=now)
    return {
        reverse("reconnects:lasting", args=[token]): 200,
        reverse("reconnects:lasting", args=[ended_token]): 410,
        reverse("reconnects:lasting", args=[token[:-3]]): 404,
        reverse("invitation", args=[invited]): 200,
        reverse("invitation", args=["no-such-invitation"]): 404,
        unsubscribe_url(owner=owner).removeprefix("http://testserver"): 200,
        "/reminders/no-such-owner/stop/": 404,
    }


def test_anonymous_visitor_finds_no_page_that_fails_and_no_dead_link() -> None:
    seen = Crawler(Client()).crawl(ENTRANCES)

    assert seen.wrong == []
    assert {"", "accounts/login/", "admin/login/"} <= seen.routes.keys()


def test_whoever_follows_a_mailed_link_finds_no_page_that_fails_and_no_dead_link(
    mailed: dict[str, int],
) -> None:
    seen = Crawler(Client()).crawl(mailed, meant=[404, 410])

    assert seen.wrong == []
    assert {url: seen.statuses[url] for url in mailed} == mailed


def test_owner_finds_no_page_that_fails_and_no_dead_link(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    returns = [reverse("onboarding:return", args=[attempt.pk]) for attempt in owner.attempts.all()]

    seen = Crawler(client, per_route=20).crawl(
        [*ENTRANCES, *returns], meant=[400]
    )  # back from a refusal, without an id

    assert seen.wrong == []
    assert seen.routes["vehicles/<vehicle_id:vehicle_id>/"] == owner.vehicles.count()
    assert seen.routes["connect/<str:make_id>/<str:model_id>/<str:trim_id>/"] > 0
    open_to_all = ("admin/login/", "admin/password/forgotten/")
    assert not [
        route for route in seen.routes if route.startswith("admin/") and not route.startswith(open_to_all)
    ][1:]


def test_staff_find_no_page_that_fails_and_no_dead_link(owner: User) -> None:
    client = Client()
    staff = make_owner(email="boss@example.com", is_staff=True, is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    known_to_ev_energy = Vehicle.objects.filter(owner=owner, trim__isnull=False).order_by("pk")
    cars = [reverse("admin:vehicles_vehicle_change", args=[car.pk]) for car in known_to_ev_energy]

    seen = Crawler(client, per_route=3).crawl([*ENTRANCES, *cars])

    # Forms that ask for another owner's address are filled in with what is none.
    assert [wrong for wrong in seen.wrong if "?email=a: 400" not in wrong] == []
    for page in ("timeline/", "<log_kind:kind>/", "<log_kind:kind>/<log_moment:at>/"):
        assert f"admin/vehicles/vehicle/<log_vehicle_id:vehicle_id>/{page}" in seen.routes
    for page in ("csv/", "cancel/", "retry/"):
        assert f"admin/reconnects/batch/<int:batch_id>/{page}" in seen.routes
