"""Why is it not smart-charging? Ten prepared cars, ten right causes, four requests each; and a night after."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.readiness.background.job import follow
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import Need
from onboarding_portal.readiness.staff.words import ON_THE_PHONE
from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.incidents import errors_of_day
from onboarding_portal.sandbox.server import Running, serve_in_thread
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.refresh import refresh_vehicle
from tests.factories import make_id, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db
ALL = {"has_address": True, "has_tariff": True}
# What each car lacks, and what is to be said of it.
PREPARED: list[tuple[dict[str, Any], Need | None]] = [
    ({"state": "INACTIVE"}, Need.CONNECTION),
    ({"has_address": False}, Need.ADDRESS),
    ({"has_address": False, "has_tariff": False, "is_smart_charging_on": False}, Need.ADDRESS),
    ({"has_tariff": False}, Need.TARIFF),
    ({"is_smart_charging_on": False}, Need.SWITCH),
    ({"is_controllable": False}, Need.CONTROL),
    ({"is_disabled": True}, Need.CONTROL),
    ({"is_at_home": False}, Need.AT_HOME),
    ({"takes_commands": False}, Need.COMMANDS),
    ({}, None),
]


class Office:
    """A portal in front of a sandbox, with staff who are signed in."""

    def __init__(self, sandbox: Running, client: Client) -> None:
        self.sandbox, self.client = sandbox, client

    def control(self, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(method, f"{self.sandbox.origin}/_sandbox{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def car(self, **lacks: Any) -> Vehicle:
        """Connected a month ago; what it lacks it has lacked from the beginning."""
        email, lacks = f"{make_id('owner')}@example.com", dict(lacks)
        state = lacks.pop("state", "")
        added = self.control("POST", "/vehicles", email=email, count=20)
        vehicle_id = next(pk for pk in added["vehicle_ids"] if self.is_lucky(pk))
        self.control("PATCH", f"/vehicles/{vehicle_id}/needs", **{**ALL, **lacks})
        if state:
            self.control("PATCH", f"/vehicles/{vehicle_id}", state=state, hours=5)
        owner = make_owner(email=email, ev_energy_user_id=added["user_id"])
        car = make_vehicle(
            vehicle_id=vehicle_id, owner=owner, connected_at=timezone.now() - timedelta(days=30)
        )
        self.read(car)
        return car

    def is_lucky(self, vehicle_id: str) -> bool:
        """Whether no command to charge failed lately: some do in the sandbox, as they do in life."""
        car = self.sandbox.app.sandbox.state.vehicles.items[vehicle_id]
        today = int(timezone.now().timestamp() // 86_400)
        errors = (errors_of_day(vehicle=car, day=today - ago, make_name="x") for ago in range(4))
        return not any(each.body["command"] == "START_CHARGE" for day in errors for each in day)

    def mend(self, car: Vehicle, **needs: Any) -> None:
        self.control("PATCH", f"/vehicles/{car.pk}/needs", **needs)

    def read(self, car: Vehicle) -> None:
        refresh_vehicle(vehicle_id=car.pk, client=get_client(), now=timezone.now())

    def look(self, car: Vehicle) -> str:
        return self.client.get(reverse("admin:vehicles_vehicle_why", args=[car.pk])).content.decode()

    def asked(self) -> int:
        return int(self.control("GET", "/statistics")["total"])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with serve_in_thread(config=Config(behaviour=replace(Behaviour(), rate_limit=100_000))) as running:
        yield running


@pytest.fixture
def office(sandbox: Running, settings: Settings, client: Client) -> Iterator[Office]:
    settings.EV_ENERGY_API_URL, settings.EV_ENERGY_TOKEN_URL = sandbox.api_url, sandbox.token_url
    settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
    forget_client()
    staff = make_staff(is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    yield Office(sandbox, client)
    forget_client()
    cache.clear()


@pytest.mark.parametrize(("lacks", "cause"), PREPARED, ids=str)
def test_prepared_car_has_the_right_cause_in_one_page(
    office: Office, lacks: dict[str, Any], cause: Need | None
) -> None:
    car = office.car(**lacks)
    before = office.asked()

    shown = office.look(car)

    assert office.asked() - before <= 4
    causes = [need for need in Need if f"<strong>{need.label}.</strong>" in shown]
    assert causes == ([cause] if cause else [])
    if cause:
        assert str(ON_THE_PHONE[cause]) in re.sub(r"&#x27;", "'", shown)
    assert Readiness.objects.get(pk=car.pk).blocker == (cause or "")
    assert len(re.findall(r'<th scope="row">', shown)) == len(Need)


# What an owner or the company lacks, and how the sandbox is told that it was mended.
MENDABLE: dict[Need, dict[str, Any]] = {
    Need.ADDRESS: {"has_address": True},
    Need.TARIFF: {"has_tariff": True},
    Need.SWITCH: {"is_smart_charging_on": True},
    Need.CONTROL: {"is_controllable": True},
    Need.AT_HOME: {"is_at_home": True},
}


def test_mending_the_first_cause_again_and_again_leads_to_a_smart_charge_that_night(office: Office) -> None:
    missing = set(MENDABLE)  # every other combination: test_every_combination.py
    lacks = {name: False for need in missing for name in MENDABLE[need]}
    car = office.car(**lacks)
    told = []
    for _ in range(len(missing) + 1):
        office.look(car)
        blocker = Readiness.objects.get(pk=car.pk).blocker
        if not blocker:
            break
        told.append(Need(blocker))
        office.mend(car, **MENDABLE[Need(blocker)])
        office.read(car)

    # Without an address nobody knows whether it was at home.
    assert set(told) == missing
    assert told == [need for need in Need if need in missing]

    ready_at = timezone.now()
    office.control("POST", "/nights", count=2)
    follow()
    charged = Readiness.objects.get(pk=car.pk)
    assert charged.latest_smart_at is not None
    assert ready_at - charged.latest_smart_at < timedelta(days=2)


def test_car_that_lacks_something_is_not_charged_smartly_that_night(office: Office) -> None:
    car = office.car(has_tariff=False)
    office.control("POST", "/nights", count=2)

    follow()

    kept = Readiness.objects.get(pk=car.pk)
    assert (kept.first_smart_at, kept.last_charged_at is not None) == (None, True)


@pytest.mark.parametrize("may_see", [True, False])
def test_address_is_shown_with_the_right_alone(office: Office, client: Client, may_see: bool) -> None:
    car = office.car()
    staff = make_staff()
    names = ["view_diagnostics", *(["view_address"] if may_see else [])]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(User.objects.get(pk=staff.pk), backend="django.contrib.auth.backends.ModelBackend")

    assert ("1 Mill Lane" in office.look(car)) is may_see


def test_page_says_what_ev_energy_does_not(office: Office) -> None:
    car = office.car()
    office.control("PUT", "/behaviour", status={"*": 503}, rate_limit=100_000)
    try:
        shown = office.look(car)
    finally:
        office.control("DELETE", "/behaviour")

    assert "Not known" in shown
    assert "503" in shown
    assert "as it was last known" in shown


def test_cars_are_found_by_what_they_lack(office: Office) -> None:
    lost, fine = make_vehicle(), make_vehicle()
    Readiness.objects.create(vehicle=lost, kept_for=lost.owner_id, blocker=Need.TARIFF)
    Readiness.objects.create(vehicle=fine, kept_for=fine.owner_id)

    shown = office.client.get(reverse("admin:vehicles_vehicle_changelist"), {"not_ready": "TARIFF"})

    assert lost.pk in shown.content.decode()
    assert fine.pk not in shown.content.decode()
    assert "No tariff" in shown.content.decode()
