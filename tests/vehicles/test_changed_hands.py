"""A car that changes hands keeps nothing private; staff see that it did."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Cause, StaleReason, Vehicle
from onboarding_portal.vehicles.store import store_page
from tests.factories import NOW, make_make, make_owner, make_staff, make_stale_vehicle
from tests.reconnects.rows import make_reconnect
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db

NOTE = "Rang on Monday, lives next to the school."
DETAIL = "401 for anna"
NAME = "Emil"


@pytest.fixture
def former() -> User:
    return make_owner(email="anna@example.com")


@pytest.fixture
def buyer() -> User:
    return make_owner(email="bea@example.com")


@pytest.fixture
def car(former: User) -> Vehicle:
    return make_stale_vehicle(
        StaleReason.MARKED_BY_STAFF,
        owner=former,
        make=make_make("Chevrolet"),
        staff_notes=NOTE,
        nickname=NAME,
        cause=Cause.ACCESS_REVOKED,
        cause_detail=DETAIL,
        state_of_charge_percentage=44,
    )


def _sell(car: Vehicle, owner: User | None, *, hours: int = 1) -> None:
    resource = vehicle_resource(id=car.pk, owner=owner, sampled_at=None)
    store_page(resources=[resource], now=NOW + timedelta(hours=hours))
    car.refresh_from_db()


def _history(thing: Any) -> list[str]:
    entries = LogEntry.objects.filter(content_type__model=thing._meta.model_name, object_id=str(thing.pk))
    return [entry.change_message for entry in entries.order_by("pk")]


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_notes_and_marks_go_to_the_former_owners_history(car: Vehicle, former: User, buyer: User) -> None:
    _sell(car, buyer)

    assert (car.owner, car.staff_notes, car.stale_reason, car.cause_detail) == (buyer, "", "", "")
    [kept] = _history(former)
    assert car.pk in kept
    assert NOTE in kept
    assert "marked by staff" in kept
    assert _history(buyer) == []


def test_staff_see_the_change_on_the_cars_page_and_the_notes_on_the_former_owners(
    car: Vehicle, former: User, buyer: User
) -> None:
    _sell(car, buyer)
    staff = _as(make_staff(is_superuser=True))

    of_car = staff.get(f"/admin/vehicles/vehicle/{car.pk}/history/").content.decode()
    of_former = staff.get(f"/admin/accounts/user/{former.pk}/history/").content.decode()

    assert f"from user {former.pk} to user {buyer.pk}" in of_car
    assert NOTE not in of_car
    assert NOTE in of_former


def test_nothing_of_the_former_owner_is_on_the_buyers_pages(car: Vehicle, former: User, buyer: User) -> None:
    make_reconnect(
        vehicle=car,
        state=State.RECONNECTED,
        created_at=NOW - timedelta(hours=2),
        redirected_at=NOW - timedelta(hours=2),
        reconnected_at=NOW - timedelta(hours=1),
        ended_at=NOW - timedelta(hours=1),
    )
    _sell(car, buyer)

    for path in ("/vehicles/", f"/vehicles/{car.pk}/"):
        page = _as(buyer).get(path)
        assert page.status_code == 200
        html = page.content.decode()
        assert "Chevrolet" in html or car.pk in html
        for private in (NOTE, DETAIL, NAME, "anna", "44%", "marked", "You signed in again", "sent you off"):
            assert private not in html
    assert _as(former).get(f"/vehicles/{car.pk}/").status_code == 404
    assert car.pk not in _as(former).get("/vehicles/").content.decode()


def test_reconnect_the_former_owner_has_begun_is_not_told_to_the_buyer(car: Vehicle, buyer: User) -> None:
    make_reconnect(
        vehicle=car,
        state=State.REDIRECTED,
        created_at=NOW - timedelta(minutes=5),
        redirected_at=NOW - timedelta(minutes=5),
        next_work_at=NOW + timedelta(minutes=5),
    )
    _sell(car, buyer)
    Vehicle.objects.update(stale_since=NOW, stale_reason=StaleReason.CONNECTION_LOST)

    for path in ("/vehicles/", f"/vehicles/{car.pk}/"):
        assert "sent you off" not in _as(buyer).get(path).content.decode()


def test_car_of_an_unknown_buyer_is_an_event_once_and_keeps_its_notes_until_it_is_somebodys(
    car: Vehicle, former: User
) -> None:
    for hours in (1, 2, 3):
        _sell(car, None, hours=hours)
    assert (car.owner, car.staff_notes, car.nickname) == (former, NOTE, NAME)
    assert [("does not know" in text) for text in _history(car)] == [True]

    buyer = make_owner()
    _sell(car, buyer, hours=4)

    assert (car.owner, car.staff_notes, car.nickname, car.removed_at) == (buyer, "", "", None)
    assert len(_history(car)) == 2
    assert NOTE in _history(former)[-1]


def test_car_that_stays_is_no_event(car: Vehicle, former: User) -> None:
    _sell(car, former)

    assert car.staff_notes == NOTE
    assert not LogEntry.objects.exists()


def test_history_goes_with_the_former_owner(car: Vehicle, former: User, buyer: User) -> None:
    _sell(car, buyer)

    former.delete()

    assert not LogEntry.objects.exists()
    assert Vehicle.objects.get().owner == buyer


def test_queries_do_not_grow_with_the_number_of_cars_sold(
    buyer: User, django_assert_max_num_queries: Any
) -> None:
    cars = [make_stale_vehicle(staff_notes=NOTE) for _ in range(20)]
    page = [vehicle_resource(id=car.pk, owner=buyer) for car in cars]

    with django_assert_max_num_queries(20):
        store_page(resources=page, now=NOW + timedelta(hours=1))

    assert LogEntry.objects.count() == 40
