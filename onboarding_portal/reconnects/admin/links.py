"""Links on staff's pages: shown to those with the right to see them, and only while they work."""

from dataclasses import dataclass
from datetime import datetime

from onboarding_portal.reconnects.handing_out import link_to_hand_out, works_until
from onboarding_portal.reconnects.models import Reconnect


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    """What a page may say about a reconnect's link. `url` is empty unless it works and may be seen."""

    reconnect: Reconnect
    url: str
    works_until: datetime | None
    is_alive: bool

    @property
    def is_hidden(self) -> bool:
        return self.is_alive and not self.url


def shown_link(reconnect: Reconnect, *, may_see: bool, now: datetime) -> ShownLink:
    url = link_to_hand_out(reconnect, now=now)
    return ShownLink(
        reconnect=reconnect,
        url=url if may_see else "",
        works_until=works_until(reconnect),
        is_alive=bool(url),
    )
