"""Sends events to an endpoint and notes what came of it. Each request is signed as Standard Webhooks has it."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils import timezone
from standardwebhooks import Webhook

from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened
from onboarding_portal.api.events.models import Delivery, DeliveryState, Endpoint, Event
from onboarding_portal.api.events.models.delivery import PROBLEM_LENGTH
from onboarding_portal.api.events.models.endpoint import SLOW_SECONDS, pause_after
from onboarding_portal.public_http import NoAnswer, NotPublic, ask

ANSWER_SECONDS = 5.0
MOST_BYTES = 64 * 1024
UNREADABLE_SECRET = "The secret cannot be read any more: make a new one."  # noqa: S105  words for staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try. `status` is None where nobody answered, and `problem` says why."""

    delivery: Delivery
    at: datetime
    status: int | None = None
    problem: str = ""
    seconds: float = 0.0

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, kw_only=True)
class Bundle:
    """Deliveries to one endpoint that one thread sends, one after another, without a look at the database."""

    endpoint: Endpoint
    deliveries: Sequence[Delivery]
    outcomes: list[Outcome] = field(default_factory=list)

    def send(self, *, until: float) -> None:
        """Sends what it can until the monotonic clock says `until`. Ends when nobody answers.

        After a refusal of an event nothing more is sent of its subject, but the others go on.
        """
        stopped: set[str] = set()
        for delivery in self.deliveries:
            if time.monotonic() >= until:
                return
            if delivery.subject in stopped:
                continue
            outcome = send(delivery, self.endpoint)
            self.outcomes.append(outcome)
            if outcome.status is None:
                return
            if not outcome.is_taken:
                stopped.add(delivery.subject)


def send(delivery: Delivery, endpoint: Endpoint) -> Outcome:
    """One try. Reads nothing from the database if the delivery has its event at hand."""
    now = timezone.now()
    body = json.dumps(delivery.event.body, separators=(",", ":"), ensure_ascii=False)
    try:
        headers = signed(delivery.event, body, endpoint, now=now)
        answer = ask(
            "POST",
            endpoint.url,
            headers=headers,
            body=body.encode(),
            seconds=ANSWER_SECONDS,
            most_bytes=MOST_BYTES,
        )
    except (NoAnswer, NotPublic) as problem:
        return Outcome(delivery=delivery, at=now, problem=str(problem))
    except CannotBeOpened:
        return Outcome(delivery=delivery, at=now, problem=UNREADABLE_SECRET)
    return Outcome(delivery=delivery, at=now, status=answer.status, seconds=answer.seconds)


def signed(event: Event, body: str, endpoint: Endpoint, *, now: datetime) -> Mapping[str, str]:
    """The headers, with a signature by each secret in force."""
    # The library takes the moment for UTC whatever zone it has.
    at = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(event.public_id, at, body) for secret in endpoint.secrets(now=now)]
    return {
        "Content-Type": "application/json",
        "webhook-id": event.public_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def note(bundle: Bundle, *, now: datetime) -> None:
    """Writes down what came of a bundle."""
    taken = [outcome for outcome in bundle.outcomes if outcome.is_taken]
    refused = [outcome for outcome in bundle.outcomes if not outcome.is_taken]
    for status in {outcome.status for outcome in taken}:
        pks = [outcome.delivery.pk for outcome in taken if outcome.status == status]
        Delivery.objects.note_delivered(pks, status=status or 0, now=now)
    for outcome in refused:
        note_failure(outcome, now=now)
    if taken:
        is_slow = max(outcome.seconds for outcome in taken) > SLOW_SECONDS
        bundle.endpoint.note_answers(now=now, is_slow=is_slow)
    elif refused:
        is_silent = any(outcome.status is None for outcome in refused)
        # One event that is refused again and again says nothing of the endpoint.
        first_tries = sum(outcome.delivery.tries == 0 for outcome in refused)
        bundle.endpoint.note_failures(first_tries, now=now, is_silent=is_silent)


def note_failure(outcome: Outcome, *, now: datetime) -> None:
    """It is tried again after a pause, or given up after three days of that."""
    delivery = outcome.delivery
    is_over = now >= delivery.gives_up_at
    tries = delivery.tries + 1
    Delivery.objects.pending().filter(pk=delivery.pk).update(
        tries=tries,
        status=outcome.status,
        problem=outcome.problem[:PROBLEM_LENGTH],
        tried_at=now,
        due_at=now + pause_after(tries),
        state=DeliveryState.PARKED if is_over else DeliveryState.PENDING,
        ended_at=now if is_over else None,
    )
