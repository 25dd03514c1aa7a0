"""A sentence about a car that another room adds to the e-mails which ask to reconnect it, in `AppConfig.ready()`."""

from collections.abc import Callable

from onboarding_portal.vehicles.models import Vehicle

Sentence = Callable[[Vehicle], str]

_sentences: list[Sentence] = []


def add(sentence: Sentence) -> None:
    """`sentence` is asked in the owner's language, takes one query at most, and returns "" for nothing to say."""
    if sentence not in _sentences:
        _sentences.append(sentence)


def said_of(vehicle: Vehicle) -> list[str]:
    return [words for sentence in _sentences if (words := sentence(vehicle))]
