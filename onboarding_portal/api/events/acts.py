"""What staff do with endpoints and events: try an endpoint, give it a new secret, send events again."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.models import User
from onboarding_portal.api.events import tasks
from onboarding_portal.api.events.bodies import data_of
from onboarding_portal.api.events.endpoints import set_up
from onboarding_portal.api.events.models import TEST, Delivery, DeliveryState, Endpoint, Event, EventQuerySet
from onboarding_portal.api.events.sending import Outcome, send

# Of one request: more are sent by narrower spans of time.
MOST_AT_ONCE = 10_000


def renew_secret(*, endpoint: Endpoint, by: User, now: datetime) -> str:
    """Returns the new secret, which nobody can be shown again."""
    with transaction.atomic():
        secret = endpoint.renew_secret(now=now)
        record(act=Act.SECRET_RENEWED, actor=by, thing=endpoint)
    return secret


def make(*, endpoint: Endpoint) -> str:
    """Stores a new endpoint, as its form has it, and returns its secret."""
    return set_up(endpoint)


def try_out(*, endpoint: Endpoint, by: User, now: datetime) -> Outcome:
    """Sends a test at once and returns what came of it. It is in the log, and is not tried again."""
    with transaction.atomic():
        event = Event.objects.create(
            kind=TEST,
            at=now,
            subject=f"endpoint:{endpoint.pk}",
            data=data_of(TEST, {"endpoint_id": endpoint.pk}),
            distributed_at=now,
        )
        Delivery.objects.write([event], [endpoint], now=now)
        # Ended until the answer says better: no worker takes it.
        row = Delivery.objects.filter(event=event)
        row.update(state=DeliveryState.PARKED, due_at=None)
        record(act=Act.ENDPOINT_TRIED, actor=by, thing=endpoint)
    outcome = send(row.select_related("event").get(), endpoint)
    state = DeliveryState.DELIVERED if outcome.is_taken else DeliveryState.PARKED
    row.update(
        state=state, status=outcome.status, problem=outcome.problem, tried_at=outcome.at, ended_at=outcome.at
    )
    return outcome


def send_again(*, events: EventQuerySet, endpoints: Sequence[Endpoint], by: User, now: datetime) -> int:
    """Has events sent once more, under their old ids; returns how many deliveries that makes.

    What is on its way to an endpoint anyway is left out, so that a double click sends nothing twice.
    """
    count = 0
    with transaction.atomic():
        for endpoint in endpoints:
            on_its_way = Delivery.objects.pending().filter(event=OuterRef("pk"), endpoint=endpoint)
            again = events.filter(~Exists(on_its_way)).exclude(kind=TEST).order_by("pk")[:MOST_AT_ONCE]
            written = Delivery.objects.write(again, [endpoint], now=now)
            if written:
                record(act=Act.EVENTS_SENT_AGAIN, actor=by, thing=endpoint, detail=str(written))
            count += written
    if count:
        tasks.wake(now=now)
    return count
