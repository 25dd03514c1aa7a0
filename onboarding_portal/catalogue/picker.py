"""How the makes are laid out for owners to pick from: what many here drive first, then the alphabet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from onboarding_portal.catalogue.models import Make

MOST_POPULAR = 6
# With fewer makes than this everything is on one screen or two.
ENOUGH_TO_JUMP = 12


@dataclass(frozen=True, slots=True)
class Letter:
    """The makes whose names begin with it; "#" has those that begin with no letter of A to Z."""

    letter: str
    makes: Sequence[Make]

    @property
    def anchor(self) -> str:
        return f"letter-{'0' if self.letter == '#' else self.letter}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`popular` is empty where nobody has a car yet, and where there are few makes."""

    popular: Sequence[Make]
    letters: Sequence[Letter]

    @property
    def has_letters_to_jump_to(self) -> bool:
        return sum(len(each.makes) for each in self.letters) >= ENOUGH_TO_JUMP


def lay_out(makes: Iterable[Make]) -> Layout:
    """Takes the makes in the order of their names."""
    rows = list(makes)
    driven = [make for make in rows if make.cars_count]
    popular = sorted(driven, key=attrgetter("cars_count"), reverse=True)[:MOST_POPULAR]
    letters = [Letter(letter, list(group)) for letter, group in groupby(rows, key=_letter)]
    return Layout(popular=popular if len(rows) >= ENOUGH_TO_JUMP else [], letters=_gathered(letters))


def _letter(make: Make) -> str:
    first = make.search_words.strip()[:1].upper()
    return first if "A" <= first <= "Z" else "#"


def _gathered(letters: Sequence[Letter]) -> list[Letter]:
    """Digits sort before A, Greek letters after Z: all of them are one group, at the end."""
    others = [make for each in letters if each.letter == "#" for make in each.makes]
    named = [each for each in letters if each.letter != "#"]
    return [*named, Letter("#", others)] if others else named
