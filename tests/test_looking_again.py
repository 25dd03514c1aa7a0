"""Pages that wait are asked whether they changed: seldom more than a 304, and never a call to ev.energy."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import Erasure, User
from onboarding_portal.onboarding.models import ClaimState
from onboarding_portal.reconnects.models import CameBack, Reconnect, State
from onboarding_portal.vehicles.car_to_erase import CarToErase, Outcome
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import an_id
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_make, make_owner, make_vehicle
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

OWNERS = [path for path in (settings.BASE_DIR / "templates").rglob("*.html") if "admin" not in path.parts]
WAITS = "data-looks-again="


def look(client: Client, path: str, etag: str = "") -> Any:
    headers = {"x-looks-again": "1"} | ({"if-none-match": etag} if etag else {})
    return client.get(path, headers=headers)


def _of_a_new_car(owner: User) -> tuple[str, Any]:
    ago = timezone.now() - timedelta(minutes=1)
    car = make_vehicle(owner=owner, last_status_at=None, connected_at=ago, read_at=timezone.now())
    return f"/vehicles/{car.pk}/", lambda: Vehicle.objects.update(last_status_at=timezone.now())


def _of_all_cars(owner: User) -> tuple[str, Any]:
    User.objects.update(cars_due_at=timezone.now())
    return "/vehicles/", lambda: User.objects.update(cars_due_at=None)


def _of_a_return(owner: User) -> tuple[str, Any]:
    attempt = make_attempt(owner=owner, started_at=timezone.now())
    attempt.claim(vehicle_ids=[an_id("vhcl", 1)], now=timezone.now())

    def settle() -> None:
        attempt.claims.update(state=ClaimState.UNKNOWN)
        attempt.settle(now=timezone.now())

    return f"/connect/return/{attempt.pk}/", settle


def _of_a_preparation(owner: User) -> tuple[str, Any]:
    User.objects.update(ev_energy_user_id=None)
    attempt = make_attempt(owner=owner, started_at=timezone.now(), user_due_at=timezone.now())
    path = f"/connect/preparing/?make_id={make_make(onboardable=True).pk}"
    return path, attempt.delete


def _of_a_reconnect(owner: User) -> tuple[str, Any]:
    row = make_reconnect(State.REDIRECTED, vehicle=make_broken_car(owner=owner), redirected_at=timezone.now())
    return f"/vehicles/{row.vehicle_id}/", row.delete


def _of_a_mailed_link(owner: User) -> tuple[str, Any]:
    now = timezone.now()
    _, token = make_emailed(vehicle=make_broken_car(owner=owner), lasting_until=now + timedelta(days=1))
    Reconnect.objects.update(state=State.REDIRECTED, redirected_at=now)
    return reverse("reconnects:lasting", args=[token]), lambda: Reconnect.objects.update(
        came_back_with=CameBack.STOPPED, came_back_at=now
    )


def _of_an_erasure(owner: User) -> tuple[str, Any]:
    erasure = Erasure.objects.create(is_at_ev_energy=True)
    CarToErase.of(erasure=erasure, vehicle_id=an_id("vhcl"), ev_energy_user_id="").save()
    car = CarToErase.objects.get()
    return reverse("your_data_erased", args=[erasure.pk]), lambda: car.end(Outcome.ERASED, now=timezone.now())


@pytest.mark.parametrize(
    "page",
    [
        _of_a_new_car,
        _of_all_cars,
        _of_a_return,
        _of_a_preparation,
        _of_a_reconnect,
        _of_a_mailed_link,
        _of_an_erasure,
    ],
)
def test_a_page_that_waits_says_only_whether_it_changed(
    client: Client, page: Any, ev_energy_api: EvEnergyApi, django_assert_max_num_queries: Any
) -> None:
    owner = make_owner()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    path, change = page(owner)

    shown = look(client, path)
    # A car's own page has its history, helpers and what charging smartly needs on it.
    with django_assert_max_num_queries(40 if path.startswith("/vehicles/") else 12):
        same = look(client, path, shown["ETag"])
    change()
    other = look(client, path, shown["ETag"])

    assert WAITS in shown.content.decode()
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code in {200, 404}
    assert other.content
    assert ev_energy_api.requests == []


def test_no_page_of_owners_loads_itself_anew() -> None:
    """Whoever uses a screen reader would begin anew each time (WCAG 2.2.1)."""
    assert len(OWNERS) > 50
    assert [path.name for path in OWNERS if "http-equiv" in path.read_text()] == []


def test_an_ordinary_request_gets_no_etag(client: Client) -> None:
    assert "ETag" not in client.get("/")
