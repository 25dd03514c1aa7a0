"""An owner's latest attempts: whether the last one came to nothing, and whether one more may begin."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.owner_limits import MOST_BEGUN, MOST_OPEN
from onboarding_portal.timing import SAME_CLICK

# Later than this the owner's next press asks ev.energy itself.
PREPARING_FOR = timedelta(minutes=2)
NOWHERE = frozenset({AttemptState.STARTED, AttemptState.ABANDONED, AttemptState.CANCELLED})


@dataclass(frozen=True, slots=True)
class LatestAttempts:
    """The newest first: which one, its state, when it began, when its owner is due to be asked for at ev.energy."""

    rows: Sequence[tuple[uuid.UUID, str, datetime, datetime | None]]

    def got_nowhere(self, *, now: datetime) -> bool:
        """Whether the newest attempt brought nothing. One that has just begun is a double click."""
        if not self.rows or self.rows[0][2] > now - SAME_CLICK:
            return False
        return self.rows[0][1] in NOWHERE

    def next_may_begin_at(self, *, now: datetime) -> datetime:
        """When the owner may begin one more; `now` if at once."""
        free_at = [
            self.rows[most - 1][2] + period for period, most in MOST_BEGUN.items() if len(self.rows) >= most
        ]
        return max([now, *free_at])

    def in_preparation(self, *, now: datetime) -> uuid.UUID | None:
        """The one that was handed to the background a short while ago, and is not done yet."""
        for pk, state, started_at, user_due_at in self.rows:
            if user_due_at and state == AttemptState.STARTED and now - started_at < PREPARING_FOR:
                return pk
        return None

    def too_many_for_one_more(self) -> Sequence[uuid.UUID]:
        """The open ones that have to end before one more may be open."""
        return [pk for pk, state, *_ in self.rows if state == AttemptState.STARTED][MOST_OPEN - 1 :]


def latest_attempts(*, owner_id: int) -> LatestAttempts:
    """As many as the limits ask about, in one query."""
    rows = Attempt.objects.filter(owner_id=owner_id).order_by("-started_at")
    most = max(MOST_BEGUN.values())
    return LatestAttempts(list(rows.values_list("pk", "state", "started_at", "user_due_at")[:most]))
