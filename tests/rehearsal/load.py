"""Many visitors at once, each request on a connection of its own, as a platform's router sends them on."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

ONE_EACH = {"Connection": "close"}


@dataclass
class Route:
    """Where the router sends new requests. Those under way stay where they are."""

    origin: str


@dataclass
class Load:
    """What became of the requests: how many answers with which status from where, and what went wrong."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, origin: str, method: str, path: str, **options: Any) -> None:
        """Sends a request and notes what became of it."""
        try:
            answer = requests.request(
                method, f"{origin}{path}", headers=ONE_EACH, timeout=15, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            with self.lock:
                self.errors.append(f"{origin}: {error!r}")
        else:
            with self.lock:
                self.answers[origin, answer.status_code] += 1

    def answered(self, origin: str) -> int:
        with self.lock:
            return sum(count for (where, _), count in self.answers.items() if where == origin)

    @property
    def statuses(self) -> set[int]:
        return {status for _, status in self.answers}


@contextmanager
def load(route: Route, *, paths: Sequence[str], visitors: int) -> Iterator[Load]:
    """Asks for the paths over and over until the block ends; every request that was begun is waited for."""
    noted, is_over = Load(), threading.Event()

    def visit(place: int) -> None:
        while not is_over.is_set():
            origin, path = route.origin, paths[place % len(paths)]
            place += 1
            noted.note(origin, "GET", path)

    threads = [threading.Thread(target=visit, args=(place,)) for place in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield noted
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def wait_until_answered(noted: Load, origin: str, *, count: int, seconds: float = 15.0) -> None:
    give_up_at = time.monotonic() + seconds
    while noted.answered(origin) < count:
        assert time.monotonic() < give_up_at, (
            f"{origin} answered {noted.answered(origin)} of {count} requests"
        )
        time.sleep(0.05)
