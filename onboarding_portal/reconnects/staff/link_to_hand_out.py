"""Reconnect links for people at a counter: which may still be handed out, and as a code to scan."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import segno

from onboarding_portal.reconnects.models import Reconnect


def link_to_hand_out(reconnect: Reconnect, *, now: datetime) -> str:
    """The link, or "" when there is none that still works: it has run out, or its owner was sent to it."""
    until = reconnect.link_works_until
    is_good = until is not None and until > now and not reconnect.is_link_opened
    return reconnect.url if is_good else ""


def qr_code(link: str) -> bytes:
    """An SVG of the link, dark on white with the quiet zone scanners need, without any styles in it."""
    picture = BytesIO()
    segno.make_qr(link, error="m").save(
        picture, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return picture.getvalue()


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
        works_until=None if reconnect.is_link_opened else reconnect.link_works_until,
        is_alive=bool(url),
    )
