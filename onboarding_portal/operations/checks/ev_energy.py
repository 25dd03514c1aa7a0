"""How ev.energy is reached. Whether it answers is what `manage.py check_ev_energy` tells."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.ev_energy.rate_window import DEFAULT_LIMIT
from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check, warning
from onboarding_portal.reconnects.timetable import REMINDERS

# RFC 6749: what a client id and a secret are made of. A colon would end the id in HTTP's Basic.
ID, SECRET = re.compile(r"[!-9;-~]{1,200}"), re.compile(r"[ -~]+")
# The least and the most each number may be. Beyond, something never happens, happens always, or never ends.
BOUNDS = {
    "EV_ENERGY_RESERVED_REQUESTS": (0, 1_000_000),
    "EV_ENERGY_STALE_AFTER_HOURS": (1, 24 * 365),
    "EV_ENERGY_RATE_WINDOW_SECONDS": (1, 7 * 86_400),
    "EV_ENERGY_CONNECT_TIMEOUT_SECONDS": (0.1, 60),
    "EV_ENERGY_READ_TIMEOUT_SECONDS": (0.1, 60),
    "MAILS_PER_MINUTE": (1, 1_000_000),
    "MAILS_PER_MINUTE_TO_A_DOMAIN": (1, 1_000_000),
    # A reminder after the link has run out would never go out.
    "RECONNECT_LINK_LIFETIME_DAYS": (REMINDERS[-1].days + 1, 365),
}


@portal_check
def addresses() -> Iterator[CheckMessage]:
    for number, name in ((20, "EV_ENERGY_API_URL"), (21, "EV_ENERGY_TOKEN_URL")):
        if not _is_safe(getattr(settings, name)):
            yield error(
                number,
                f"{name} is not a plain https address: tokens and owners' data would travel readable for all, or "
                "nowhere.",
                f"Set {name} to ev.energy's https address, without a user, ? or # in it (see .env.example).",
            )
    if not settings.EV_ENERGY_API_URL.endswith("/v2"):
        yield error(
            27,
            "EV_ENERGY_API_URL does not end in /v2, the version of the API that the portal speaks.",
            "Set EV_ENERGY_API_URL=https://api.ev.energy/v2",
        )
    if not urlsplit(settings.EV_ENERGY_TOKEN_URL).path.strip("/"):
        yield error(
            28,
            "EV_ENERGY_TOKEN_URL has no path: no token is given there.",
            "Set EV_ENERGY_TOKEN_URL=https://api.ev.energy/o/token/",
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
    shapes = {"EV_ENERGY_CLIENT_ID": ID, "EV_ENERGY_CLIENT_SECRET": SECRET}
    if settings.EV_ENERGY_NEXT_CLIENT_SECRET:
        shapes["EV_ENERGY_NEXT_CLIENT_SECRET"] = SECRET
    for name, shape in shapes.items():
        value = getattr(settings, name)
        if not shape.fullmatch(value) or value != value.strip():
            yield error(
                22,
                f"{name} is empty, or has a character that no such value has, or a space around it.",
                f"Set {name} to the value from ev.energy, without quotes or spaces around it.",
            )


@portal_check
def numbers() -> Iterator[CheckMessage]:
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(settings, name) <= most:  # what is no number at all is neither
            yield error(
                24,
                f"{name} is out of bounds.",
                f"Set {name} to a number from {least} to {most}, or leave it empty.",
            )
    if settings.EV_ENERGY_RESERVED_REQUESTS >= DEFAULT_LIMIT:
        yield warning(
            25,
            f"EV_ENERGY_RESERVED_REQUESTS leaves nothing of ev.energy's usual {DEFAULT_LIMIT} requests an hour to "
            "background work: cars would never be read.",
            "Set a lower one, unless ev.energy has granted you more (manage.py check_ev_energy tells the limit).",
        )


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        has_more = parts.port == 0 or bool(parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        return False
    has_more = has_more or any(not "!" <= character <= "~" or character in ";,'" for character in url)
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
