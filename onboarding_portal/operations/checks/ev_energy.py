"""How ev.energy is reached. Whether it answers is what `manage.py check_ev_energy` tells."""

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.ev_energy.rate_window import DEFAULT_LIMIT
from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check, warning
from onboarding_portal.reconnects.timetable import REMINDERS

CREDENTIALS = ["EV_ENERGY_CLIENT_ID", "EV_ENERGY_CLIENT_SECRET"]
# The least each number may be. Below, something never happens, happens always, or never ends.
LEAST = {
    "EV_ENERGY_RESERVED_REQUESTS": 0,
    "EV_ENERGY_STALE_AFTER_HOURS": 1,
    "EV_ENERGY_RATE_WINDOW_SECONDS": 1,
    "EV_ENERGY_CONNECT_TIMEOUT_SECONDS": 0.1,
    "EV_ENERGY_READ_TIMEOUT_SECONDS": 0.1,
    # A reminder after the link has run out would never go out.
    "RECONNECT_LINK_LIFETIME_DAYS": REMINDERS[-1].days + 1,
}


@portal_check
def addresses() -> Iterator[CheckMessage]:
    for number, name in ((20, "EV_ENERGY_API_URL"), (21, "EV_ENERGY_TOKEN_URL")):
        if not _is_safe(getattr(settings, name)):
            yield error(
                number,
                f"{name} is not an https address: tokens and owners' data would travel readable for all.",
                f"Set {name} to ev.energy's https address (see .env.example).",
            )
    if _host(settings.EV_ENERGY_API_URL) != _host(settings.EV_ENERGY_TOKEN_URL):
        yield warning(
            23,
            "EV_ENERGY_API_URL and EV_ENERGY_TOKEN_URL are on different hosts: a token of one environment opens "
            "nothing in another.",
            "Set both to the same environment of ev.energy.",
        )


@portal_check
def credentials() -> Iterator[CheckMessage]:
    for name in CREDENTIALS:
        value = getattr(settings, name)
        if not value or value != value.strip():
            yield error(
                22,
                f"{name} is empty, or begins or ends with a space.",
                f"Set {name} to the value from ev.energy, without quotes or spaces around it.",
            )


@portal_check
def numbers() -> Iterator[CheckMessage]:
    for name, least in LEAST.items():
        value = getattr(settings, name)
        if not math.isfinite(value) or value < least:
            yield error(24, f"{name} is {value}.", f"Set {name} to {least} or more, or leave it empty.")
    if settings.EV_ENERGY_RESERVED_REQUESTS >= DEFAULT_LIMIT:
        yield warning(
            25,
            f"EV_ENERGY_RESERVED_REQUESTS leaves nothing of ev.energy's usual {DEFAULT_LIMIT} requests an hour to "
            "background work: cars would never be read.",
            "Set a lower one, unless ev.energy has granted you more (manage.py check_ev_energy tells the limit).",
        )


@portal_check
def ownership() -> Iterator[CheckMessage]:
    if not settings.EV_ENERGY_VERIFY_OWNERSHIP:
        yield warning(
            26,
            "EV_ENERGY_VERIFY_OWNERSHIP is off: an owner could take another's car by coming back with its id.",
            "Set EV_ENERGY_VERIFY_OWNERSHIP=true. Off is right with ev.energy's own sandbox credentials alone, "
            "which answer with the same data whatever is asked; the portal cannot tell them from others.",
        )


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    has_more = bool(parts.query or parts.fragment or parts.username)
    return (
        bool(host)
        and not has_more
        and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
