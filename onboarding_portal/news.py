"""What changed, told to whoever wants to know, in the transaction that changes it.

Rooms tell; what becomes of it is a higher room's, which listens from `AppConfig.ready()` on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`kind` names the event, such as "vehicle.stale". `facts` are its own: ids, times, states; no address."""

    kind: str
    at: datetime
    owner_id: int | None = None
    vehicle_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Listener(Protocol):
    def wants_news(self) -> bool: ...

    def hear(self, news: Sequence[News]) -> None: ...


_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    _listeners.append(listener)


def tell(gather: Callable[[], Iterable[News]]) -> None:
    """Call it in the transaction of the change. `gather` is only called if somebody wants to know."""
    wanted = [listener for listener in _listeners if listener.wants_news()]
    if not wanted:
        return
    with transaction.atomic():
        if news := list(gather()):
            for listener in wanted:
                listener.hear(news)
