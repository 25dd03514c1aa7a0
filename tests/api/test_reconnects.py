"""Owners and reconnects, as the API tells of them, and asking for a reconnect."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.api.models import Scope
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.vehicles.models import Vehicle
from tests.api.rows import ApiClient, make_key
from tests.factories import handle_by_hand, make_owner, make_vehicle, pause_mail
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db


def test_owner_is_told_by_either_id_without_an_address(api: ApiClient) -> None:
    owner = make_owner()
    fine, broken = make_vehicle(owner=owner), make_broken_car(owner=owner)
    make_vehicle(owner=owner, removed_at=timezone.now())
    pause_mail(owner)

    told = [api.get(f"/owners/{name}").json() for name in (owner.pk, owner.ev_energy_user_id)]

    assert told[0] == told[1]
    assert told[0]["vehicle_ids"] == sorted([fine.pk, broken.pk])
    assert told[0]["stale_vehicle_ids"] == [broken.pk]
    assert told[0]["may_be_emailed"] is False
    assert owner.email not in str(told)


def test_nobody_else_is_an_owner(api: ApiClient) -> None:
    staff = make_owner(is_staff=True)

    for name in (staff.pk, "x", "%00", "user" + "0" * 26, 10**18, "9" * 19, "²"):
        assert api.get(f"/owners/{name}").status_code == 404, name


def test_reconnects_are_told_in_pages_with_filters(api: ApiClient) -> None:
    rows = [make_reconnect(state) for state in (State.EMAILED, State.RECONNECTED, State.EMAILED)]

    def ids(query: str) -> list[int]:
        return [each["id"] for each in api.get(f"/reconnects?{query}").json()["data"]]

    first = api.get("/reconnects?limit=2").json()
    assert [each["id"] for each in first["data"]] == [row.pk for row in rows[:2]]
    assert ids(f"cursor={first['next_cursor']}") == [rows[2].pk]
    assert ids("state=EMAILED") == [rows[0].pk, rows[2].pk]
    assert ids(f"vehicle_id={rows[1].vehicle_id}") == [rows[1].pk]
    assert ids("asked_since=2999-01-01T00:00:00") == []
    assert api.get("/reconnects?cursor=a2E=").status_code == 422


def test_number_of_queries_does_not_grow(api: ApiClient) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            api.get("/reconnects")
        return len(queries)

    make_reconnect()
    api.get("/reconnects")
    one = count()
    for _ in range(4):
        make_reconnect()

    assert count() == one


def ask(api: ApiClient, car: Vehicle, deliver: str = "email", **headers: str) -> Any:
    return api.post("/reconnects", {"vehicle_id": car.pk, "deliver": deliver}, **headers)


def test_owner_is_mailed_by_the_portal(api: ApiClient) -> None:
    car = make_broken_car()

    answer = ask(api, car)
    run_slice(Lane.MAILS)

    assert answer.status_code == 201
    assert answer.json()["link"] is None
    assert answer.json()["reconnect"]["asked_by"] == "api"
    assert [message.to for message in mail.outbox] == [[car.owner.email]]
    assert AuditEntry.objects.get(act="api.reconnect_asked_for").actor_kind == "KEY"


def test_link_for_the_companys_own_mail_works_for_days_and_nothing_is_mailed(api: ApiClient) -> None:
    car = make_broken_car()

    told = ask(api, car, "link").json()
    Reconnect.objects.update(next_work_at=timezone.now() - timedelta(days=1))
    run_slice(Lane.MAILS)
    page = Client().get(urlsplit(told["link"]).path)

    assert page.status_code == 200
    assert b"Reconnect your Volvo EX30" in page.content
    assert mail.outbox == []
    assert Reconnect.objects.get().state == State.EMAILED
    assert told["link"] not in str(api.get("/reconnects").json())
    assert told["link"] not in str(api.get(f"/vehicles/{car.pk}").json())


def test_link_needs_its_own_scope() -> None:
    api, car = ApiClient(make_key(Scope.RECONNECTS_WRITE)[1]), make_broken_car()

    assert ask(api, car, "link").status_code == 403
    assert not Reconnect.objects.exists()
    assert ask(api, car).status_code == 201


def test_call_sent_twice_asks_once_and_gives_the_same_link(api: ApiClient) -> None:
    car = make_broken_car()

    first, again = (ask(api, car, "link", **{"Idempotency-Key": "one"}).json() for _ in range(2))

    assert first == again
    assert ask(api, car, "link").status_code == 409  # one is open


def left_out(case: str) -> Vehicle:
    car = make_broken_car()
    if case == "by hand":
        handle_by_hand(car)
    if case == "mail is paused":
        pause_mail(car.owner)
    if case == "works":
        return make_vehicle()
    if case == "open already":
        make_reconnect(State.REDIRECTED, vehicle=car)
    if case == "in vain":
        Vehicle.objects.filter(pk=car.pk).update(cause="SUBSCRIPTION_LAPSED", integration="ACTIVE")
    return car


@pytest.mark.parametrize("case", ["by hand", "mail is paused", "works", "open already", "in vain"])
def test_whom_staff_would_leave_out_nobody_asks(api: ApiClient, case: str) -> None:
    car = left_out(case)
    before = Reconnect.objects.count()

    answer = ask(api, car)

    assert answer.status_code == 409
    assert answer.json()["detail"]
    assert Reconnect.objects.count() == before


def test_car_nobody_knows_is_named(api: ApiClient) -> None:
    answer = api.post("/reconnects", {"vehicle_id": "vhcl" + "0" * 26, "deliver": "email"})

    assert answer.json()["errors"][0]["pointer"] == "/vehicle_id"
