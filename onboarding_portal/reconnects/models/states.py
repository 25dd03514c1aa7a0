"""The states of a reconnect and the one table of how it may move between them.

The table is the truth: models refuse whatever is not in it, and the picture in the docs is drawn from it.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    QUEUED = "QUEUED", _("Queued")
    LINK_READY = "LINK_READY", _("Link ready")
    EMAILED = "EMAILED", _("E-mailed")
    OPENED = "OPENED", _("Opened")
    REDIRECTED = "REDIRECTED", _("Signing in again")
    RECONNECTED = "RECONNECTED", _("Reconnected")
    FAILED = "FAILED", _("Failed")
    EXPIRED = "EXPIRED", _("Expired")
    CANCELLED = "CANCELLED", _("Cancelled")


OPEN_STATES = frozenset({State.QUEUED, State.LINK_READY, State.EMAILED, State.OPENED, State.REDIRECTED})
FINAL_STATES = frozenset(State) - OPEN_STATES

_ENDS_EARLY = frozenset({State.FAILED, State.EXPIRED, State.CANCELLED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.LINK_READY, State.EMAILED}) | _ENDS_EARLY,
    # RECONNECTED without a redirect of ours: the owner scanned the link at the counter.
    State.LINK_READY: frozenset({State.EMAILED, State.REDIRECTED, State.RECONNECTED}) | _ENDS_EARLY,
    # REDIRECTED without OPENED: the owner used the button on the vehicle's page, not the e-mail.
    State.EMAILED: frozenset({State.OPENED, State.REDIRECTED}) | _ENDS_EARLY,
    State.OPENED: frozenset({State.REDIRECTED}) | _ENDS_EARLY,
    # REDIRECTED again: the owner gave up at the manufacturer's and comes back for another go.
    # EMAILED again: no data came of it, and the link in the e-mail still works.
    State.REDIRECTED: frozenset({State.REDIRECTED, State.RECONNECTED, State.EMAILED}) | _ENDS_EARLY,
    State.RECONNECTED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),  # staff try the failed ones of a batch again
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}


def sources_of(state: State) -> frozenset[State]:
    """The states from which `state` may be reached in one step."""
    return frozenset(source for source, targets in TRANSITIONS.items() if state in targets)


# When a state was reached is stored in a column of its own where pages and reports ask for it.
_STAMPS = {
    State.EMAILED: "emailed_at",
    State.OPENED: "opened_at",
    State.REDIRECTED: "redirected_at",
    State.RECONNECTED: "reconnected_at",
}


def columns_of_move(to: State, *, now: datetime) -> dict[str, Any]:
    """What changes in the row with the state: times, an end to the work on it, no link once it has ended."""
    values: dict[str, Any] = {"state": to, "lease_until": None, "next_work_at": None, "waits_for": ""}
    if to in _STAMPS:
        values[_STAMPS[to]] = now
    if to is not State.FAILED:
        values["tries"] = 0
    if to in FINAL_STATES or to is State.REDIRECTED:
        values["link_wanted_at"] = None
    if to in FINAL_STATES:
        values |= {"url": "", "expires_at": None, "ended_at": now}
    return values


def picture() -> str:
    """The table as a Mermaid state diagram, one line for each transition, in the order of the states."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.QUEUED}"]
    for source in State:
        lines += [f"    {source} --> {target}" for target in State if target in TRANSITIONS[source]]
        if not TRANSITIONS[source]:
            lines.append(f"    {source} --> [*]")
    return "\n".join(lines)
