"""What has happened on the way to a car that sends data, in the owner's words, each with its time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from onboarding_portal.vehicles.cards import day_and_time


@dataclass(frozen=True, slots=True)
class Happened:
    """`when` is `at` in words: "today at 14:02"."""

    words: str
    at: datetime
    when: str


def happened(steps: Iterable[tuple[datetime | None, str]], *, now: datetime) -> list[Happened]:
    """Those of the steps that have a time, in the order given."""
    return [Happened(words, at, day_and_time(at, now=now)) for at, words in steps if at is not None]


def awaited_data() -> str:
    return gettext("Waiting for data from your car")
