"""The sandbox sends webhooks as ev.energy does, and the portal takes them for proof of life."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from django.test import Client
from pytest_django import Settings

from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.server import serve_in_thread
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import make_owner, make_vehicle

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + base64.b64encode(b"sandbox" * 4).decode()
Got = list[tuple[dict[str, str], bytes]]


class Listener(BaseHTTPRequestHandler):
    got: Got

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def listening() -> Iterator[tuple[str, Got]]:
    handler = type("ItsListener", (Listener,), {"got": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks/ev-energy", handler.got
        server.shutdown()


def test_the_sandbox_sends_what_the_portal_takes(
    listening: tuple[str, Got], settings: Settings, client: Client
) -> None:
    url, got = listening
    settings.EV_ENERGY_WEBHOOK_SECRETS = [SECRET]
    config = Config(webhook_url=url, webhook_secret=SECRET)
    with serve_in_thread(config=config, vehicles=3) as running:
        sent = requests.post(f"{running.origin}/_sandbox/webhooks", json={"hours": 48}, timeout=10).json()
        known = {vehicle.vehicle_id for vehicle in running.app.sandbox.state.vehicles.order}
    owner = make_owner()
    for vehicle_id in known:
        make_vehicle(vehicle_id=vehicle_id, owner=owner, last_status_at=None)

    answers = [
        client.post("/hooks/ev-energy", body, content_type="application/json", headers=headers).status_code
        for headers, body in got
    ]

    assert sent["statuses"] == [204]
    assert sent["sent"] == len(got) > 0
    assert set(answers) == {204}
    assert Vehicle.objects.exclude(last_status_at=None).exists()


@pytest.mark.parametrize("hours", [0, -1, "x", 10_000])
def test_odd_spans_are_refused(hours: object) -> None:
    with serve_in_thread(config=Config(webhook_url="http://127.0.0.1:9/", webhook_secret=SECRET)) as running:
        answer = requests.post(f"{running.origin}/_sandbox/webhooks", json={"hours": hours}, timeout=10)
    assert answer.status_code == 400


def test_without_an_address_nothing_is_sent() -> None:
    with serve_in_thread() as running:
        answer = requests.post(f"{running.origin}/_sandbox/webhooks", json={}, timeout=10)
    assert answer.status_code == 400
