"""What the API tells of cars."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import EndedBy, StaleEpisode, Vehicle
from tests.api.rows import ApiClient
from tests.factories import NOW, make_make, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db


def test_stale_car_is_told_with_reason_cause_and_whether_signing_in_helps(api: ApiClient) -> None:
    car = make_broken_car()
    Vehicle.objects.filter(pk=car.pk).update(cause="SIGN_IN_EXPIRED")
    reconnect = make_reconnect(State.REDIRECTED, vehicle=car)

    told = api.get(f"/vehicles/{car.pk}").json()

    assert told["stale"]["reason"] == "CONNECTION_LOST"
    assert told["stale"]["cause"] == "SIGN_IN_EXPIRED"
    assert told["stale"]["signing_in_helps"] == "yes"
    assert told["open_reconnect"]["id"] == reconnect.pk
    assert told["owner_id"] == str(car.owner_id)
    assert car.owner.email not in str(told)


def test_last_repair_is_told_and_not_a_former_owners(api: ApiClient) -> None:
    car = make_vehicle()
    for started_at in (car.connected_at - timedelta(days=3), car.connected_at + timedelta(days=1)):
        StaleEpisode.objects.create(
            vehicle=car,
            reason="CONNECTION_LOST",
            integration="ACTIVE",
            connected_since=started_at,
            started_at=started_at,
            ended_at=started_at + timedelta(hours=1),
            ended_by=EndedBy.RECONNECTED,
        )

    told = api.get(f"/vehicles/{car.pk}").json()

    assert told["stale"] is None
    assert told["last_repaired_at"] == "2026-03-08T10:30:00Z"


def test_car_nobody_knows_is_not_found(api: ApiClient) -> None:
    gone = make_vehicle(removed_at=NOW)

    for name in (gone.pk, "vhcl" + "0" * 26, "x", "%00"):
        assert api.get(f"/vehicles/{name}").status_code == 404


def pages(api: ApiClient, query: str) -> list[str]:
    ids, cursor = [], ""
    while True:
        page = api.get(f"/vehicles?{query}{cursor}").json()
        ids += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            return ids
        cursor = f"&cursor={page['next_cursor']}"


def test_pages_hold_each_car_once(api: ApiClient) -> None:
    cars = sorted(make_vehicle().pk for _ in range(5))

    assert pages(api, "limit=2") == cars
    assert pages(api, "limit=5") == cars


@pytest.mark.parametrize("cursor", ["x", "a2E", "====", "é", "a" * 300, "a3ZoY2w="])
def test_cursor_of_somebody_elses_is_told(api: ApiClient, cursor: str) -> None:
    answer = api.get(f"/vehicles?cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


def test_filters(api: ApiClient) -> None:
    owner, make = make_owner(), make_make()
    fine, stale = make_vehicle(owner=owner), make_stale_vehicle(make=make)
    cases = {
        "stale=true": [stale.pk],
        "stale=false": [fine.pk],
        "reason=CONNECTION_LOST": [stale.pk],
        "reason=SILENT": [],
        f"owner_id={owner.pk}": [fine.pk],
        f"ev_energy_user_id={owner.ev_energy_user_id}": [fine.pk],
        f"make_id={make.pk}": [stale.pk],
        "cause=UNKNOWN": [],
    }

    assert {query: pages(api, query) for query in cases} == cases


def queries_of(api: ApiClient) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get("/vehicles?limit=100").status_code == 200
    return len(queries)


def test_number_of_queries_does_not_grow(api: ApiClient) -> None:
    make_reconnect(State.REDIRECTED, vehicle=make_broken_car())
    api.get("/vehicles")
    one = queries_of(api)
    for _ in range(4):
        make_reconnect(State.REDIRECTED, vehicle=make_broken_car())

    assert queries_of(api) == one


def test_unchanged_answer_is_304(api: ApiClient) -> None:
    car = make_vehicle()
    first = api.get(f"/vehicles/{car.pk}")
    again: Any = api.get(f"/vehicles/{car.pk}", **{"If-None-Match": first.headers["ETag"]})
    Vehicle.objects.filter(pk=car.pk).update(is_disabled=True)
    changed = api.get(f"/vehicles/{car.pk}", **{"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, changed.status_code) == (200, 304, 200)
    assert "RateLimit" in again.headers
