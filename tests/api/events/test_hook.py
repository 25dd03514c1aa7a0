"""ev.energy's webhooks: believed when signed, once, of what they say alone; and no request is spent on them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings
from standardwebhooks import Webhook

from onboarding_portal.api.events.models import Heard
from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.operations.checks.webhooks import webhook_secrets
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.sweep import settle
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from onboarding_portal.vehicles.proof_of_life import charging_heard
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_id, make_vehicle
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"b" * 24).decode()
CREATED, ENDED = "charging_sub_session.created", "charging_sub_session.ended"


@pytest.fixture(autouse=True)
def _secrets(settings: Settings) -> None:
    settings.EV_ENERGY_WEBHOOK_SECRETS = [SECRET, NEXT_SECRET]


def a_message(vehicle_id: str, *, kind: str = CREATED, start: datetime = NOW, **more: Any) -> dict[str, Any]:
    data = {
        "id": make_id("csub"),
        "start": start.isoformat(),
        "end": None,
        "mode": "SMART",
        "vehicle": f"https://api.ev.energy/v2/vehicles/{vehicle_id}",
        "energy_delivered_watt_hours": 7200,
    }
    return {"type": kind, "timestamp": NOW.isoformat(), "data": {**data, **more}}


def post(
    message: Any,
    *,
    secret: str = SECRET,
    message_id: str = "msg_1",
    sent_at: datetime = NOW,
    **headers: str,
) -> int:
    body = message if isinstance(message, str) else json.dumps(message)
    signature = Webhook(secret).sign(message_id, sent_at, body)
    signed = {
        "svix-id": message_id,
        "svix-timestamp": str(int(sent_at.timestamp())),
        "svix-signature": signature,
        **headers,
    }
    with time_machine.travel(NOW, tick=False):
        answer = Client(enforce_csrf_checks=True).post(
            "/hooks/ev-energy", body, content_type="application/json", headers=signed
        )
    return answer.status_code


def last_data(vehicle: Vehicle) -> datetime | None:
    vehicle.refresh_from_db()
    return vehicle.last_status_at


def a_silent_car() -> Vehicle:
    return make_vehicle(
        last_status_at=NOW - 72 * HOUR,
        stale_since=NOW - 24 * HOUR,
        stale_reason=StaleReason.SILENT,
        read_at=NOW - HOUR,
    )


def test_a_silent_car_that_charges_is_not_stale(ev_energy_api: EvEnergyApi) -> None:
    car = a_silent_car()
    assert post(a_message(car.pk, start=NOW - HOUR)) == 204
    assert last_data(car) == NOW - HOUR
    assert car.stale_since is None
    assert not ev_energy_api.requests


@pytest.mark.parametrize("size", [16, 24, 25, 28, 32])
def test_secrets_of_any_length_with_and_without_their_end_let_the_portal_start(
    size: int, settings: Settings
) -> None:
    whole = "whsec_" + base64.b64encode(b"x" * size).decode()
    for secrets in ([whole], [whole.rstrip("="), NEXT_SECRET]):
        settings.EV_ENERGY_WEBHOOK_SECRETS = secrets
        assert list(webhook_secrets()) == []
    for secrets in (["secret"], ["whsec_"], ["whsec_AAAA"], ["whsec_!!!!"], [whole] * 3):
        settings.EV_ENERGY_WEBHOOK_SECRETS = secrets
        assert len(list(webhook_secrets())) == 1


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_either_secret_signs(secret: str) -> None:
    car = a_silent_car()
    assert post(a_message(car.pk), secret=secret) == 204
    assert last_data(car) == NOW


def test_without_a_secret_there_is_no_such_address(settings: Settings) -> None:
    settings.EV_ENERGY_WEBHOOK_SECRETS = []
    assert post(a_message(a_silent_car().pk)) == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_" + base64.b64encode(b"c" * 24).decode()},
        {"sent_at": NOW - timedelta(minutes=6)},
        {"sent_at": NOW + timedelta(minutes=6)},
        {"svix-signature": ""},
        {"svix-signature": "v1,"},
        {"svix-signature": "v1"},
        {"svix-signature": "v1,not base64 at all"},
        {"svix-signature": "v2,AAAA"},
        {"svix-signature": "v1,é"},
        {"svix-timestamp": ""},
        {"svix-timestamp": "yesterday"},
        {"svix-timestamp": "1e400"},
        {"svix-timestamp": "nan"},
        {"svix-id": ""},
        {"svix-id": "msg_2"},
    ],
    ids=str,
)
def test_what_is_not_signed_changes_nothing(wrong: dict[str, Any]) -> None:
    car = a_silent_car()
    assert post(a_message(car.pk), **wrong) == 401
    assert last_data(car) == NOW - 72 * HOUR
    assert not Heard.objects.exists()


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("no json", 400),
        ("[]", 400),
        ("null", 400),
        ({"type": CREATED}, 400),
        ({"type": CREATED, "data": {"id": "x"}}, 400),
        ({"type": "something.new", "data": {}}, 204),
        ({}, 204),
        ("x" * (64 * 1024 + 1), 413),
    ],
)
def test_what_is_signed_and_odd_gets_an_answer(message: Any, status: int) -> None:
    assert post(message) == status


def test_a_message_counts_once() -> None:
    car, heard = a_silent_car(), []

    def hear(sub_session: SubSession, **_more: Any) -> None:
        heard.append(sub_session.energy_wh)

    charging_heard.connect(hear)
    try:
        message = a_message(car.pk, kind=ENDED, end=NOW.isoformat())
        assert post(message) == post(message) == 204
    finally:
        charging_heard.disconnect(hear)
    assert heard == [7200]


def test_a_car_nobody_here_has_is_taken_and_makes_no_row() -> None:
    removed = make_vehicle(removed_at=NOW)
    for number, vehicle_id in enumerate([make_id("vhcl"), removed.pk, "nonsense"]):
        assert post(a_message(vehicle_id), message_id=f"msg_{number}") == 204
    assert Vehicle.objects.get() == removed
    assert last_data(removed) != NOW


@pytest.mark.parametrize("start", [NOW - 100 * HOUR, NOW + HOUR])
def test_time_goes_neither_back_nor_ahead(start: datetime) -> None:
    car = a_silent_car()
    assert post(a_message(car.pk, start=start)) == 204
    assert last_data(car) == NOW - 72 * HOUR
    assert car.is_stale


def test_charging_does_not_say_that_a_lost_connection_is_there_again_nor_whose_a_car_is() -> None:
    car = make_vehicle(
        integration=Integration.INACTIVE, stale_since=NOW - HOUR, stale_reason=StaleReason.CONNECTION_LOST
    )
    owner_id = car.owner_id
    assert post(a_message(car.pk, user=f"https://api.ev.energy/v2/users/{make_id('user')}")) == 204
    assert last_data(car) == NOW
    assert car.is_stale
    assert (car.owner_id, car.integration) == (owner_id, "INACTIVE")


def test_an_owner_who_waits_after_signing_in_is_told_without_a_request(ev_energy_api: EvEnergyApi) -> None:
    car = a_silent_car()
    row = make_reconnect(
        State.REDIRECTED,
        vehicle=car,
        redirected_at=NOW - HOUR,
        created_at=NOW - 2 * HOUR,
        next_work_at=NOW + HOUR,
    )
    post(a_message(car.pk, start=NOW - HOUR / 2))
    with time_machine.travel(NOW, tick=False):
        settle(now=NOW)
        run_slice(Lane.WATCHES)
    row.refresh_from_db()
    assert row.state == State.RECONNECTED
    assert not ev_energy_api.requests
