"""How fast all vehicles are read: so many pages in each slot of the clock, a stated part of the background's share.

Whatever the fleet, the sync leaves the rest to links, diagnoses and reads of single cars; a larger fleet is read
less often, and a small one in each slot. The arithmetic is in `docs/scale.md`, whose table a test compares with this.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from onboarding_portal.ev_energy import budget

SLOT = timedelta(minutes=15)
# A slice of a reading ends before the clock would hand the job to another, however slowly ev.energy answers.
SLICE_TIME = timedelta(minutes=8)
VEHICLES_A_PAGE = 100
# Parts of what the background may send. What is left goes to links, diagnoses, and whatever staff ask for in bulk.
SYNC_PART = 0.5
AWAITED_PART = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Requests for each slot: pages of the sync, and reads of single cars that somebody waits for."""

    pages_a_slot: int
    awaited_a_slot: int

    def reading_takes(self, *, pages: int) -> timedelta:
        """How long one reading of so many pages takes, and so how old data can be: whole slots, one at least."""
        return SLOT * max(1, math.ceil(pages / self.pages_a_slot))


def pace_of(*, background_requests: int, window: timedelta) -> Pace:
    """The pace for so many requests that the background may send in each window. Never stands still."""
    a_slot = background_requests * (SLOT / window)
    return Pace(
        pages_a_slot=max(1, int(a_slot * SYNC_PART)), awaited_a_slot=max(1, int(a_slot * AWAITED_PART))
    )


def pages_of(*, vehicles: int) -> int:
    """How many requests one reading of so many vehicles takes."""
    return max(1, math.ceil(vehicles / VEHICLES_A_PAGE))


def current_pace() -> Pace:
    """The pace for the limit that ev.energy's last answer named."""
    state = budget.snapshot()
    return pace_of(
        background_requests=state.limit - state.reserve - state.staff_reserve,
        window=timedelta(seconds=settings.EV_ENERGY_RATE_WINDOW_SECONDS),
    )
