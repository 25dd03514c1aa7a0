"""The steps of a journey are true on every page of it: which one is taken, which are done."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.onboarding.models import ClaimState
from onboarding_portal.reconnects.models import CameBack, State
from onboarding_portal.vehicles.models import NOT_STALE, Integration, Vehicle
from tests.factories import make_attempt, make_make, make_model, make_owner, make_trim, make_vehicle
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db


def steps_of(page: str) -> tuple[int, str]:
    """How many are done, and the one that is being taken, "" where none is."""
    shown = re.search(r'<ol class="steps".*?</ol>', page, re.DOTALL)
    assert shown
    current = re.findall(r'aria-current="step"><span>([^<]+)</span>', shown.group())
    assert len(current) <= 1
    return shown.group().count('<li class="done">'), "".join(current)


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_owner(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.mark.parametrize("path", ["/connect/", "/connect/vmak01J443798BF893ZHFQVCS0FA23/"])
def test_sign_in_is_the_first_step_of_those_who_come_to_connect(client: Client, path: str) -> None:
    assert steps_of(client.get("/accounts/login/", {"next": path}).content.decode()) == (0, "Your e-mail")


@pytest.mark.parametrize("path", ["", "/vehicles/", "/connect/return/0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e/"])
def test_sign_in_for_anything_else_is_no_step(client: Client, path: str) -> None:
    assert 'class="steps"' not in client.get("/accounts/login/", {"next": path}).content.decode()


def test_choosing_is_the_second_step_and_leaving_the_third(owner_client: Client) -> None:
    make = make_make("Volvo")
    model = make_model("EX30", make=make)
    trim = make_trim("Twin Motor", model=model, onboardable=True)
    shown = [
        steps_of(owner_client.get(reverse(f"onboarding:{name}", args=ids)).content.decode())
        for name, ids in [
            ("makes", []),
            ("make", [make.pk]),
            ("model", [make.pk, model.pk]),
            ("trim", [make.pk, model.pk, trim.pk]),
        ]
    ]

    assert shown == [(1, "Your car")] * 3 + [(2, "Manufacturer")]


def test_after_coming_back_each_thing_that_happened_is_told_until_all_is_done(client: Client) -> None:
    now, owner = timezone.now(), make_owner()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    attempt = make_attempt(owner=owner, started_at=now - timedelta(minutes=5))
    car = make_vehicle(owner=owner, last_status_at=None, connected_at=now, read_at=now)
    attempt.claim(vehicle_ids=[car.pk], now=now)
    page = reverse("onboarding:return", args=[attempt.pk])

    confirming = client.get(page).content.decode()
    attempt.claims.update(state=ClaimState.STORED)
    attempt.settle(now=now)
    connected = client.get(page).content.decode()
    Vehicle.objects.update(last_status_at=now)
    working = client.get(page).content.decode()

    assert steps_of(confirming) == steps_of(connected) == (3, "First data")
    assert steps_of(working) == (4, "")
    told = ["You left for ev.energy", "You came back", "ev.energy confirmed your car", "Data from your car"]
    assert [[each in page for each in told] for page in (confirming, connected, working)] == [
        [True, True, False, False],
        [True, True, True, False],
        [True] * 4,
    ]
    assert "Waiting for ev.energy to confirm your car" in confirming
    assert "Waiting for data from your car" in connected
    assert "Waiting for data" not in working
    assert ['class="success"' in page for page in (confirming, connected, working)] == [False, False, True]


def test_beside_a_confirmed_car_the_others_are_told_once(client: Client) -> None:
    now, owner = timezone.now(), make_owner()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    attempt = make_attempt(owner=owner, started_at=now - timedelta(minutes=5))
    car = make_vehicle(owner=owner, last_status_at=now, connected_at=now, read_at=now)
    other = make_vehicle().pk
    attempt.claim(vehicle_ids=[car.pk, other], now=now)
    attempt.claims.filter(vehicle_id=car.pk).update(state=ClaimState.STORED)
    attempt.settle(now=now)

    page = client.get(reverse("onboarding:return", args=[attempt.pk])).content.decode()

    assert "ev.energy confirmed your car" in page
    assert "One more car is not confirmed by ev.energy yet." in page
    assert "Waiting for ev.energy to confirm your car" not in page


def test_a_car_that_sends_data_already_adds_no_time_from_before_the_journey(client: Client) -> None:
    now, owner = timezone.now(), make_owner()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    attempt = make_attempt(owner=owner, started_at=now - timedelta(minutes=5))
    before = now - timedelta(days=2)
    car = make_vehicle(owner=owner, last_status_at=before, connected_at=before, read_at=now)
    attempt.claim(vehicle_ids=[car.pk], now=now)
    attempt.claims.update(state=ClaimState.STORED)
    attempt.settle(now=now)

    page = client.get(reverse("onboarding:return", args=[attempt.pk])).content.decode()

    assert "You came back" in page
    assert "confirmed your car" not in page
    assert "Data from your car" not in page


def test_a_reconnect_by_mail_has_its_own_three_steps(client: Client) -> None:
    now = timezone.now()
    row, token = make_emailed(vehicle=make_broken_car(), lasting_until=now + timedelta(days=1))
    page = reverse("reconnects:lasting", args=[token])
    shown = [steps_of(client.get(page).content.decode())]
    for fields in (
        {"state": State.REDIRECTED, "redirected_at": now, "came_back_with": CameBack.STOPPED},
        {"came_back_with": CameBack.DONE, "came_back_at": now},
    ):
        type(row).objects.update(**fields)
        shown.append(steps_of(client.get(page).content.decode()))

    assert shown == [(0, "Begin"), (1, "Manufacturer"), (2, "New data")]


def test_a_car_that_is_back_is_a_moment_of_success(client: Client) -> None:
    now = timezone.now()
    row = make_reconnect(
        State.RECONNECTED, vehicle=make_broken_car(), redirected_at=now, came_back_at=now, ended_at=now
    )
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=now, **NOT_STALE)
    client.force_login(row.vehicle.owner, backend=settings.AUTHENTICATION_BACKENDS[-1])

    page = client.get(reverse("vehicles:detail", args=[row.vehicle_id])).content.decode()

    assert steps_of(page) == (3, "")
    assert 'class="success"' in page
    assert "Data from your car came in" in page
