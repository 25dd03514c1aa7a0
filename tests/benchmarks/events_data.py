"""The scene of the events: an endpoint with events on the way, and signed webhooks of ev.energy."""

import json
import resource
import time
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from onboarding_portal.accounts.models import User
from onboarding_portal.api.events.endpoints import make_endpoint
from onboarding_portal.api.events.models import Event
from onboarding_portal.api.events.tasks import wake
from onboarding_portal.ev_energy.transport import Transport
from onboarding_portal.vehicles.models import Vehicle


def write_events(*, url: str, number: int, cars: int) -> int:
    make_endpoint(name="Receiver", url=url)
    now = timezone.now()
    Event.objects.bulk_create(
        (
            Event(
                kind="vehicle.recovered",
                at=now,
                subject=f"vhcl{each % cars}",
                data={"vehicle_id": f"vhcl{each % cars}", "number": each},
            )
            for each in range(number)
        ),
        batch_size=1000,
    )
    wake(now=now)
    return number


def take_webhooks(*, secret: str, number: int, cars: int) -> dict[str, Any]:
    owner = User.objects.create_user(email="ann@example.com")
    ids = [f"vhcl{each:026d}" for each in range(cars)]
    Vehicle.objects.bulk_create(Vehicle(vehicle_id=each, owner=owner, integration="ACTIVE") for each in ids)
    client, refused = Client(SERVER_NAME="127.0.0.1"), 0
    with patch.object(Transport, "send", side_effect=AssertionError) as calls:
        started, before = time.monotonic(), 0
        for each in range(number):
            refused += _post(client, secret, ids[each % cars], each) != 204
            if each == number // 5:  # what is loaded once is loaded by then
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = time.monotonic() - started
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "refused": refused,
        "in_a_minute": 60 * number / seconds,
        "calls": calls.call_count,
        "more_mb": more / 1024,
    }


def _post(client: Client, secret: str, vehicle_id: str, each: int) -> int:
    now = datetime.now(UTC)
    data = {"id": f"csub{each:026d}", "vehicle": vehicle_id, "start": now.isoformat(), "end": None}
    body = json.dumps({"type": "charging_sub_session.created", "data": data})
    headers = {
        "svix-id": f"msg_{each}",
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": Webhook(secret).sign(f"msg_{each}", now, body),
    }
    answer = client.post("/hooks/ev-energy", body, content_type="application/json", headers=headers)
    return answer.status_code
