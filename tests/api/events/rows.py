"""Endpoints and events for tests."""

from typing import Any

import jsonschema

from onboarding_portal.api.events.endpoints import make_endpoint
from onboarding_portal.api.events.models import Endpoint, Event
from onboarding_portal.api.webhooks import all_webhooks
from onboarding_portal.vehicles.models import Vehicle

# Not a public address: nothing leaves the machine.
NOWHERE = "https://192.0.2.1/events"


def an_endpoint(url: str = NOWHERE, **fields: Any) -> Endpoint:
    endpoint, _secret = make_endpoint(name="CRM", url=url)
    Endpoint.objects.filter(pk=endpoint.pk).update(**fields)
    endpoint.refresh_from_db()
    return endpoint


def told() -> list[str]:
    """The kinds of all events, in order. Each is held to its JSON schema on the way."""
    events = list(Event.objects.order_by("pk"))
    for event in events:
        hold_to_schema(event)
    return [event.kind for event in events]


def hold_to_schema(event: Event) -> None:
    (described,) = [each for each in all_webhooks() if each.name == event.kind]
    jsonschema.validate(event.body, described.model.model_json_schema())


def an_event(subject: str = "vhcl1", number: int = 0, **fields: Any) -> Event:
    values = {"kind": "vehicle.recovered", "vehicle_id": subject, "data": {"number": number}, **fields}
    return Event.objects.create(subject=subject, **values)


def recovered(vehicle: Vehicle) -> list[Event]:
    return list(Event.objects.filter(vehicle_id=vehicle.pk, kind="vehicle.recovered"))
