"""How much one slot may read, and how far it came."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from django.db.models import F
from django.utils import timezone

from onboarding_portal.ev_energy.resources import Page
from onboarding_portal.readiness.models import Reading

T = TypeVar("T")

LEASE = timedelta(minutes=5)


class Progress(StrEnum):
    COMPLETE = "complete"
    PART_READ = "part read"  # the next slot goes on
    LEASE_LOST = "taken over"


@dataclass(slots=True, kw_only=True)
class Portion:
    """So many pages. What is read of them is counted here."""

    pages: int
    now: Callable[[], datetime] = field(default=timezone.now)
    read: int = 0

    @property
    def is_used_up(self) -> bool:
        return self.read >= self.pages

    def limited(self, pages: Iterator[Page[T]]) -> Iterator[Page[T]]:
        """As many of the pages as are left. The one after the last is not asked for."""
        while not self.is_used_up:
            page = next(pages, None)
            if page is None:
                return
            self.read += 1
            yield page

    def progress(self, reading: Reading, *, cursor: str, ends_at: datetime) -> bool:
        """Stores where to go on, or that the part up to `ends_at` is read, and renews the lease; False if lost."""
        now = self.now()
        is_over: dict[str, datetime | None] = {} if cursor else {"read_until": ends_at, "part_until": None}
        return reading.write(
            **is_over,
            cursor=cursor,
            progressed_at=now,
            pause_reason="",
            page_count=F("page_count") + 1,
            lease_expires_at=now + LEASE,
        )
