"""What one process holds of the budget: answers not written down yet, and places taken ahead for background work.

Both are safe to lose. An answer that is never written down leaves its place booked as late as can be, and a place
that is never used leaves the window like a request that was sent.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from onboarding_portal.ev_energy.fair_share import Spender
from onboarding_portal.ev_energy.rate_window import Observation

PLACES_LAST_SECONDS = 5.0
_MOST = 500  # while the cache is down


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How one sending ended. `mark` is None where its reservation could not be written down."""

    mark: int | None
    at: float
    sent_at: float | None
    seen: Observation
    spender: Spender | None = None
    was_in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place booked ahead. `used` and `limit` are what the window said then."""

    mark: int
    good_until: float
    used: int
    limit: int


@dataclass(slots=True)
class Left:
    """What is to be written down with the next look at the window."""

    settlements: list[Settlement] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.settlements or self.unused)


class InHand:
    """Of one process, for all its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._settlements: deque[Settlement] = deque(maxlen=_MOST)
        self._unused: deque[int] = deque(maxlen=_MOST)
        self._places: list[Place] = []

    def take_place(self, *, now: float) -> Place | None:
        """A place that was taken ahead and is still good."""
        with self._lock:
            while self._places:
                place = self._places.pop()
                if now < place.good_until:
                    return place
                self._unused.append(place.mark)
        return None

    def keep_places(self, places: Iterable[Place]) -> None:
        with self._lock:
            self._places.extend(places)

    def settle(self, settlements: Iterable[Settlement]) -> None:
        with self._lock:
            self._settlements.extend(settlements)

    def peek(self) -> Left:
        """What would be written down, to be reckoned with by whoever only reads."""
        with self._lock:
            return Left(list(self._settlements), list(self._unused))

    def take_out(self, *, with_places: bool) -> Left:
        """Hands over all there is to be written down; `with_places` gives those back that are still good."""
        with self._lock:
            left = Left(list(self._settlements), list(self._unused))
            self._settlements.clear()
            self._unused.clear()
            if with_places:
                left.unused += [place.mark for place in self._places]
                self._places.clear()
        return left

    def put_back(self, left: Left) -> None:
        """It could not be written down."""
        with self._lock:
            self._settlements.extendleft(reversed(left.settlements))
            self._unused.extend(left.unused)
