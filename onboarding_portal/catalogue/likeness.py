"""How well what somebody typed fits the words of a car: misspelt, shortened, run together, in any order.

Distances of spelling are RapidFuzz's: a C library without dependencies, well kept and much used. PostgreSQL's
trigrams would not be there on SQLite, and they make little of "renualt", whose letters changed places.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from onboarding_portal.catalogue.nicknames import NICKNAMES
from onboarding_portal.catalogue.words import words

MAX_PIECES = 10
LONGEST_SPAN = 4  # pieces that are tried as one word: e, 208, gt, line
EXACT, NICKNAME, BEGINNING = 1.0, 0.97, 0.9
LITERAL = 0.9  # from here on it is what was typed, begins with it, or is what people call it
BEGINNING_OF_A_NUMBER = 0.3  # 4 is not 44
MISSPELT, COST_OF_A_MISTAKE = 0.89, 0.5  # a mistake costs so much of the share of letters that are wrong
LEAST = 0.42  # of what was typed must be found again


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a stretch of the query may mean, and how like it is: one word, or several that a car must carry all."""

    words: dict[str, float]
    phrases: list[list[str]]

    @property
    def all_words(self) -> Iterator[str]:
        yield from self.words
        for phrase in self.phrases:
            yield from phrase

    def likest(self, carried: frozenset[str]) -> float:
        """How like the likest is that a car with these words has; 0 if it has none."""
        best = max((self.words.get(word, 0.0) for word in carried), default=0.0)
        if best < NICKNAME and any(carried.issuperset(phrase) for phrase in self.phrases):
            return NICKNAME
        return best


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of what was typed is found, up to 1, and whether some of it had to be guessed or left out."""

    share: float
    is_guess: bool


class Vocabulary:
    """All words that cars carry. A car is a number: the place of its text, words between spaces, among `texts`."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._words = set(" ".join(texts).split())
        self._sorted = sorted(self._words)

    def fits(self, query: str) -> dict[int, Fit]:
        """Every car that enough of `query` fits."""
        pieces = [part for piece in pieces_of(query) for part in self._taken_apart(piece)][:MAX_PIECES]
        if not pieces:
            return {}
        spans = {
            (begin, end): self._meanings("".join(pieces[begin:end]), is_last=end == len(pieces))
            for begin in range(len(pieces))
            for end in range(begin + 1, min(begin + LONGEST_SPAN, len(pieces)) + 1)
        }
        wanted = frozenset(word for meanings in spans.values() for word in meanings.all_words)
        readings: dict[frozenset[str], Fit] = {}  # many cars carry the same of these words
        fits = {}
        for car, text in enumerate(self._texts):
            carried = wanted.intersection(text.split())
            if carried not in readings:
                likest = {span: meanings.likest(carried) for span, meanings in spans.items()}
                readings[carried] = best_reading(pieces, likest)
            if readings[carried].share >= LEAST:
                fits[car] = readings[carried]
        return fits

    def _taken_apart(self, piece: str) -> list[str]:
        """Two known words that were run together: hyundaikona. Put together again they are tried anyway."""
        if self._is_known(piece):
            return [piece]
        for cut in range(len(piece) - 2, 1, -1):
            if self._is_known(piece[:cut]) and next(self._beginning_with(piece[cut:]), None):
                return [piece[:cut], piece[cut:]]
        return [piece]

    def _is_known(self, piece: str) -> bool:
        return piece in self._words or piece in NICKNAMES

    def _meanings(self, text: str, *, is_last: bool) -> Meanings:
        """The words like `text`, and what it stands for. A single letter begins a word only where one types."""
        known = {text: EXACT} if text in self._words else {}
        if len(text) > 1 or is_last:
            known = {word: _as_beginning(text, word) for word in self._beginning_with(text)}
        if most := _most_mistakes(text):
            near = process.extract(text, self._sorted, scorer=OSA.distance, score_cutoff=most, limit=None)
            for word, mistakes, _place in near:
                if word not in known and _digits(word) == _digits(text):
                    known[word] = MISSPELT - COST_OF_A_MISTAKE * mistakes / min(len(text), len(word))
        meant = [phrase.split() for phrase in NICKNAMES.get(text, ())]
        return Meanings(words=known, phrases=[phrase for phrase in meant if self._words.issuperset(phrase)])

    def _beginning_with(self, text: str) -> Iterator[str]:
        place = bisect_left(self._sorted, text)
        while place < len(self._sorted) and self._sorted[place].startswith(text):
            yield self._sorted[place]
            place += 1


def pieces_of(query: str) -> list[str]:
    """Its words, letters and figures apart: "40kwh" gives 40 and kwh."""
    return [piece for word in words(query) for piece in re.findall(r"[a-z]+|[0-9]+", word)]


def best_reading(pieces: list[str], spans: dict[tuple[int, int], float]) -> Fit:
    """The best way to read the pieces as words of one car, each alone or some next to each other as one."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # letters found, less those guessed; up to each piece
    for end in range(1, len(pieces) + 1):
        length = len(pieces[end - 1])
        ways = [(best[end - 1][0], best[end - 1][1] - length)]
        for begin in range(max(0, end - LONGEST_SPAN), end):
            if likeness := spans[begin, end]:
                letters = sum(map(len, pieces[begin:end]))
                guessed = 0 if likeness >= LITERAL else letters
                ways.append((best[begin][0] + letters * likeness, best[begin][1] - guessed))
        best.append(max(ways))
    found, guessed = best[-1]
    return Fit(share=found / sum(map(len, pieces)), is_guess=guessed < 0)


def _as_beginning(text: str, word: str) -> float:
    if word == text:
        return EXACT
    if text[-1].isdigit() and word[len(text)].isdigit():
        return BEGINNING_OF_A_NUMBER
    return BEGINNING + 0.08 * len(text) / len(word)


def _most_mistakes(text: str) -> int:
    """Letters left out, put in, changed, or swapped with the next. Figures are never guessed."""
    letters = sum(map(str.isalpha, text))
    return 0 if letters < 3 else 1 if letters < 5 else 2


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
