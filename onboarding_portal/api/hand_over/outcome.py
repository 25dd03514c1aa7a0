"""What came of a hand-over: told from the rows of what the owner did, never from what a browser says.

The outcome stands in the row, too, so that a change of it can be told. Whoever asks settles it first, and a job of
the clock does once a minute.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from onboarding_portal.api.models import HandOver, Outcome
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.reconnects.models import CameBack, Reconnect, State

# Sent with `hand_over` and `now`: in the transaction that writes the outcome, and when the owner goes back before it.
outcome_changed = Signal()

SOON, LATER = timedelta(minutes=1), timedelta(minutes=15)
SOON_FOR = timedelta(hours=1)
# Cars are read back for three days at most, and a reconnect's watch is over before that.
LAST_LOOK_AFTER = timedelta(days=4)
AT_A_TIME = 200

_OF_STATE = {
    State.RECONNECTED: Outcome.CONNECTED,
    State.FAILED: Outcome.REFUSED,
    State.EXPIRED: Outcome.EXPIRED,
    State.CANCELLED: Outcome.CANCELLED,
}
_OF_RETURN = {
    CameBack.STOPPED: Outcome.CANCELLED,
    CameBack.BROKEN: Outcome.REFUSED,
    CameBack.DONE: Outcome.PENDING,
}
_OF_ATTEMPT = {
    AttemptState.RETURNED: Outcome.PENDING,
    AttemptState.CANCELLED: Outcome.CANCELLED,
    AttemptState.REFUSED: Outcome.REFUSED,
    AttemptState.ABANDONED: Outcome.EXPIRED,
}


def settle(hand_over: HandOver, *, now: datetime) -> HandOver:
    """Writes the outcome as it is now, tells of a change, and returns the row."""
    with transaction.atomic():
        rows = HandOver.objects.select_for_update(of=("self",)).select_related("key", "owner", "vehicle")
        row = rows.get(pk=hand_over.pk)
        outcome = _outcome(row, now=now)
        changed: dict[str, object] = {"look_at": _next_look(row, outcome, now=now)}
        is_news = outcome != row.outcome
        if is_news:
            changed |= {"outcome": outcome, "outcome_at": now}
        HandOver.objects.filter(pk=row.pk).update(**changed)
        for name, value in changed.items():
            setattr(row, name, value)
        if is_news:
            outcome_changed.send(sender=HandOver, hand_over=row, now=now)
    return row


def end_visit(hand_over: HandOver, *, now: datetime) -> HandOver:
    """The owner goes back to the company's site: settles, and tells once also that it is not known yet."""
    with transaction.atomic():
        is_first = hand_over.end(now=now)
        row = settle(hand_over, now=now)
        # Every session begins as pending, so that this is no change, which would have been told.
        if is_first and row.outcome == Outcome.PENDING and row.outcome_at == row.created_at:
            outcome_changed.send(sender=HandOver, hand_over=row, now=now)
    return row


def settle_due() -> None:
    """The clock's job."""
    now = timezone.now()
    for row in HandOver.objects.due(now=now).order_by("look_at")[:AT_A_TIME]:
        settle(row, now=now)


def _outcome(row: HandOver, *, now: datetime) -> Outcome:
    attempts = list(row.attempts.order_by("started_at"))
    reconnect = row.reconnects.order_by("-pk").first()
    if any(attempt.state == AttemptState.CONNECTED for attempt in attempts):
        return Outcome.CONNECTED
    done = _of_attempts(attempts) if attempts else _of_reconnect(reconnect)
    return done if done is not None else _without_a_return(row, now=now)


def _of_attempts(attempts: list[Attempt]) -> Outcome | None:
    """What the latest tells; one that is being read back decides, whichever came after it. None if nobody is back."""
    states = [AttemptState(attempt.state) for attempt in attempts]
    latest = AttemptState.RETURNED if AttemptState.RETURNED in states else states[-1]
    return _OF_ATTEMPT.get(latest)


def _of_reconnect(reconnect: Reconnect | None) -> Outcome | None:
    if reconnect is None:
        return None
    if reconnect.state in _OF_STATE:
        return _OF_STATE[State(reconnect.state)]
    return _OF_RETURN[CameBack(reconnect.came_back_with)] if reconnect.came_back_with else None


def _without_a_return(row: HandOver, *, now: datetime) -> Outcome:
    """The link was not opened, or the owner is at it, or left without doing anything."""
    if row.opened_at is None:
        if row.key.revoked_at is not None:
            return Outcome.REFUSED
        return Outcome.EXPIRED if now >= row.expires_at else Outcome.PENDING
    if row.vehicle is not None and row.vehicle.is_connectable and not row.vehicle.needs_repair:
        return Outcome.CONNECTED
    if row.ended_at is not None:
        return Outcome.CANCELLED
    ends_at = row.journey_ends_at
    return Outcome.EXPIRED if ends_at and now >= ends_at else Outcome.PENDING


def _next_look(row: HandOver, outcome: Outcome, *, now: datetime) -> datetime | None:
    if outcome == Outcome.CONNECTED:
        return None
    if row.opened_at is None:
        return row.expires_at if outcome == Outcome.PENDING else None
    if now - row.opened_at > LAST_LOOK_AFTER:
        return None
    # Also what seems over may change: an owner tries again, a car is read back, data arrives.
    return now + (SOON if now - row.opened_at < SOON_FOR else LATER)
