"""Which kinds of processes give no sign of life, for rooms below the one that knows (`operations/metrics/`)."""

from collections.abc import Callable
from datetime import datetime

WEB, WORKER, CLOCK = "web", "worker", "clock"

Ask = Callable[[datetime], frozenset[str]]

_asked: list[Ask] = []


def answer_with(ask: Ask) -> None:
    """From now on `missing` asks this. For `AppConfig.ready()`."""
    _asked[:] = [ask]


def missing(*, now: datetime) -> frozenset[str]:
    """The kinds of which no process is at work; none where nothing is known. One query."""
    return _asked[0](now) if _asked else frozenset()
