"""Fairness among owners: who has used little comes before who has used much. Times are epoch seconds.

No rule can tell a bad account from a good one by its first requests. So an owner's first few requests of the hour are
served as long as there is any place, and further ones only while there are many; each owner has an upper bound; and
three tenths of the reserve are kept from those who signed up within a day, as far as the others have not used it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import ceil

# Requests of an owner in an hour that come before all further ones: enough to connect a car, from start to end.
FIRST_FEW = 4
# New owners share a tenth of the reserve for further requests. Beyond it there must be room for the first few of
# two hundred others.
ROOM_FOR_NEWCOMERS = 200 * FIRST_FEW
_PIECES = 12  # an hour is counted in pieces of five minutes, each for as long as any of it is in the window
_OWNERS_TOLD_APART = (
    4096  # bounds what is stored; ids are given out one after another, so neighbours never clash
)


@dataclass(frozen=True, slots=True)
class Spender:
    """The owner for whom a call is made; new if they signed up within the last day."""

    owner_id: int
    is_new: bool


_spender: ContextVar[Callable[[], Spender | None]] = ContextVar("ev_energy_spender", default=lambda: None)


@contextmanager
def on_behalf_of(who: Callable[[], Spender | None]) -> Iterator[None]:
    """Calls made inside with an owner's priority come out of this owner's share. `who` is asked when one is made."""
    token = _spender.set(who)
    try:
        yield
    finally:
        _spender.reset(token)


def current_spender() -> Spender | None:
    """The owner for whom calls are made now; None if it is nobody in particular."""
    return _spender.get()()


def most_of_one(limit: int, *, is_new: bool) -> int:
    """Requests one owner may have in an hour."""
    most = max(20, min(60, limit // 20))
    return most // 2 if is_new else most


@dataclass(slots=True)
class Shares:
    """What each owner had of the last `seconds`. No owner's count ends early, and it ends one piece late at most."""

    seconds: float
    owners: dict[int, dict[int, int]] = field(default_factory=dict)  # piece -> owner -> requests
    further: dict[int, int] = field(
        default_factory=dict
    )  # piece -> new owners' requests beyond the first few
    older: dict[int, int] = field(default_factory=dict)  # piece -> requests of all others

    def seconds_until_turn(self, spender: Spender, *, limit: int, now: float) -> float:
        """Until the owner's own bound allows one more; 0 if it does now."""
        self._forget(now)
        own = self._of(spender)
        if sum(own.values()) < most_of_one(limit, is_new=spender.is_new):
            return 0.0
        return max(0.001, min(own) * self._piece_seconds + self.seconds - now)

    def keep(self, spender: Spender, *, reserve: int, now: float) -> int:
        """How much of the limit is left alone for owners who come before this one."""
        self._forget(now)
        is_further = self._used_by(spender) >= FIRST_FEW
        if not spender.is_new:
            return reserve // 4 if is_further else 0
        for_older = max(0, reserve * 3 // 10 - sum(self.older.values()))
        is_plenty_needed = is_further and sum(self.further.values()) >= reserve // 10
        return for_older + (ROOM_FOR_NEWCOMERS if is_plenty_needed else 0)

    def count(self, spender: Spender, *, now: float) -> None:
        """One more request of the owner."""
        piece = self._piece(now)
        if not spender.is_new:
            self.older[piece] = self.older.get(piece, 0) + 1
        elif self._used_by(spender) >= FIRST_FEW:
            self.further[piece] = self.further.get(piece, 0) + 1
        self.count_in_vain(spender, now=now)

    def count_in_vain(self, spender: Spender, *, now: float) -> None:
        """Sets the owner back by one request, without one: who names cars that do not exist is soon behind."""
        of_piece = self.owners.setdefault(self._piece(now), {})
        owner = spender.owner_id % _OWNERS_TOLD_APART
        of_piece[owner] = of_piece.get(owner, 0) + 1

    def _of(self, spender: Spender) -> dict[int, int]:
        owner = spender.owner_id % _OWNERS_TOLD_APART
        return {piece: counts[owner] for piece, counts in self.owners.items() if owner in counts}

    def _used_by(self, spender: Spender) -> int:
        return sum(self._of(spender).values())

    def _forget(self, now: float) -> None:
        gone = now - self.seconds
        for pieces in (self.owners, self.further, self.older):
            for piece in [piece for piece in pieces if piece * self._piece_seconds <= gone]:
                del pieces[piece]

    @property
    def _piece_seconds(self) -> float:
        return self.seconds / _PIECES

    def _piece(self, moment: float) -> int:
        return ceil(moment / self._piece_seconds)
