"""A car's page says what happened to it, in plain words, newest first, and nothing of a former owner."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import StaleReason, Vehicle
from tests.factories import NOW, make_vehicle
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def signed_in(car: Vehicle) -> Client:
    client = Client()
    client.force_login(car.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def lose_and_mend(car: Vehicle, *, times: int) -> None:
    for number in range(times):
        lost_at = car.connected_at + number * DAY + timedelta(hours=1)
        values = {"stale_since": lost_at, "stale_reason": StaleReason.CONNECTION_LOST}
        Vehicle.objects.filter(pk=car.pk).change_stale(values, now=lost_at)
        mended_at = lost_at + timedelta(hours=2)
        gone = {"stale_since": None, "stale_reason": "", "last_status_at": mended_at}
        Vehicle.objects.filter(pk=car.pk).change_stale(gone, now=mended_at, ended_by="DATA")


def test_connects_losses_and_repairs_are_told_newest_first() -> None:
    car = make_vehicle()
    lose_and_mend(car, times=1)
    make_reconnect(State.RECONNECTED, vehicle=car, emailed_at=car.connected_at + timedelta(hours=2))
    record(act=Act.DISCONNECT_ASKED, actor=car.owner, about=about(car))

    page = signed_in(car).get(reverse("vehicles:history", args=[car.pk])).content.decode()

    told = ["You asked to disconnect it", "Data came in again", "We wrote to you", "was lost", "first time"]
    places = [page.index(words) for words in told]
    assert places == sorted(places)


def test_it_is_bounded_and_older_ones_follow_once_each() -> None:
    car = make_vehicle(connected_at=NOW - 60 * DAY)
    lose_and_mend(car, times=25)
    client, path = signed_in(car), reverse("vehicles:history", args=[car.pk])

    sizes, link = [], path
    while link:
        page = client.get(link)
        events = page.context["page"]
        sizes.append(len(events.events))
        older = events.older_before
        link = f"{path}?before={older.isoformat().replace('+', '%2B')}" if older else ""

    assert sizes == [20, 20, 11]  # 25 losses, 25 repairs, and the first time
    assert "All that happened" in client.get(reverse("vehicles:detail", args=[car.pk])).content.decode()


def test_what_happened_before_the_car_was_theirs_is_not_theirs() -> None:
    car = make_vehicle(connected_at=NOW - 60 * DAY)
    lose_and_mend(car, times=2)
    Vehicle.objects.filter(pk=car.pk).update(connected_at=NOW - 5 * DAY)

    page = signed_in(car).get(reverse("vehicles:history", args=[car.pk])).content.decode()

    assert "was lost" not in page


@pytest.mark.parametrize("before", ["", "x", "2026-13-45", "2026-03-14", "%00"])
def test_odd_moments_show_the_newest(before: str) -> None:
    car = make_vehicle()

    page = signed_in(car).get(reverse("vehicles:history", args=[car.pk]) + f"?before={before}")

    assert (page.status_code, "first time" in page.content.decode()) == (200, True)


def test_it_costs_the_same_however_much_happened(django_assert_max_num_queries: object) -> None:
    car = make_vehicle(connected_at=NOW - 60 * DAY)
    client, path = signed_in(car), reverse("vehicles:history", args=[car.pk])
    client.get(path)
    lose_and_mend(car, times=20)

    with django_assert_max_num_queries(14):  # type: ignore[operator]  # its fixture's type is not told
        client.get(path)
