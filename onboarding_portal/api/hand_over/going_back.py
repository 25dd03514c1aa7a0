"""The way back to the company's site."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit

from onboarding_portal.api.keys.origins import NotAllowed, origin_of
from onboarding_portal.api.models import HandOver


def way_back(hand_over: HandOver) -> str:
    """The company's address with what came of it; "" if the key does not allow the site any more.

    The outcome in it is a hint for words on a page. Anybody can write it into an address; the API tells the truth.
    """
    if not is_allowed(hand_over):
        return ""
    query = urlencode({"session_id": hand_over.pk, "outcome": hand_over.outcome})
    mark = "&" if urlsplit(hand_over.return_url).query else "?"
    return f"{hand_over.return_url.rstrip('?')}{mark}{query}"


def is_allowed(hand_over: HandOver) -> bool:
    """Whether the key is in force and still allows the site: it may have been changed since."""
    if hand_over.key.revoked_at is not None:
        return False
    try:
        return hand_over.key.allows_origin(origin_of(hand_over.return_url))
    except NotAllowed:
        return False


def site_of(hand_over: HandOver) -> str:
    """The company's site as people read it: its host."""
    return urlsplit(hand_over.return_url).netloc


def is_over(hand_over: HandOver, *, now: datetime) -> bool:
    ends_at = hand_over.journey_ends_at
    return hand_over.ended_at is not None or ends_at is None or ends_at <= now
