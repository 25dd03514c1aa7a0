"""Webhooks: tells an address of the other side when a car's charge begins or ends, signed as Svix signs them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks import Webhook
from werkzeug.wrappers import Response

from onboarding_portal.sandbox.charging import sub_sessions
from onboarding_portal.sandbox.charging_api import owner_of, sub_session_json
from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.identifiers import stable_id
from onboarding_portal.sandbox.moments import HOUR_US, iso
from onboarding_portal.sandbox.problems import invalid

SECONDS = 5
LOOK_EVERY_SECONDS = 60.0
MOST_HOURS = 24 * 40


def send_webhooks(call: Call) -> Response:
    """`{hours=1}`: sends what began or ended in the last hours; answers how many, and what the other side said."""
    config = call.sandbox.config
    if not config.webhook_url:
        raise invalid(problem="sandbox-control", field_errors={"url": ["Start with --webhook-url."]})
    hours = call.json_object().get("hours", 1)
    if not isinstance(hours, int | float) or not 0 < hours <= MOST_HOURS:
        raise invalid(problem="sandbox-control", field_errors={"hours": [f"From 0 to {MOST_HOURS}."]})
    messages = list(messages_since(call, since_us=call.now_us - int(hours * HOUR_US)))
    statuses = [post(config.webhook_url, config.webhook_secret, message) for message in messages]
    return json_response({"sent": len(messages), "statuses": sorted(set(statuses))})


def messages_since(call: Call, *, since_us: int) -> Iterator[dict[str, Any]]:
    for vehicle in call.state.vehicles.order:
        if vehicle.is_deleted:
            continue
        owner = owner_of(call, vehicle)
        for session in sub_sessions(
            vehicle=vehicle, owner=owner, low_us=since_us - 24 * HOUR_US, now_us=call.now_us
        ):
            data = sub_session_json(call, session, frozenset())
            if since_us < session.start_us <= call.now_us:
                yield message("created", session.start_us, {**data, "end": None})
            if since_us < session.end_us <= call.now_us:
                yield message("ended", session.end_us, data)


def message(what: str, at_us: int, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": f"charging_sub_session.{what}", "timestamp": iso(at_us), "data": data}


def post(url: str, secret: str, message: dict[str, Any]) -> int:
    """Returns the answer's status; 0 without one. The same event always has the same id."""
    body = json.dumps(message)
    message_id = stable_id("msg_", message["type"], message["data"]["id"])
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "svix-id": message_id,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": Webhook(secret).sign(message_id, now, body),
        "svix-event-type": message["type"],
    }
    try:
        return requests.post(
            url, data=body, headers=headers, timeout=SECONDS, allow_redirects=False
        ).status_code
    except requests.RequestException:
        return 0


def keep_sending(*, origin: str) -> None:
    """In the background, once a minute for as long as the sandbox runs."""

    def run() -> None:
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            with suppress(requests.RequestException):
                requests.post(
                    f"{origin}/_sandbox/webhooks", json={"hours": 2 * LOOK_EVERY_SECONDS / 3600}, timeout=60
                )

    threading.Thread(target=run, daemon=True).start()
