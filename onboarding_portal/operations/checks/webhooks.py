"""Where events may go to, and what signs those that come in."""

import base64
import binascii
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check

PREFIX = "whsec_"
FEWEST_BYTES, MOST_SECRETS = 16, 2


@portal_check
def local_origins() -> Iterator[CheckMessage]:
    if not settings.LOCAL_ORIGINS:
        return
    if not is_loopback(urlsplit(settings.PORTAL_URL).hostname or ""):
        yield error(
            80,
            "LOCAL_ORIGINS is set, but the portal is not on this machine: events could be led to what is behind it.",
            "Leave LOCAL_ORIGINS empty. Events go to public https addresses.",
        )
    elif not all(_is_local(origin) for origin in settings.LOCAL_ORIGINS):
        yield error(
            81,
            "LOCAL_ORIGINS has an entry that is not an origin of this machine.",
            "Set LOCAL_ORIGINS to origins such as http://127.0.0.1:8001, with commas between them.",
        )


@portal_check
def webhook_secrets() -> Iterator[CheckMessage]:
    secrets = settings.EV_ENERGY_WEBHOOK_SECRETS
    if len(secrets) > MOST_SECRETS or not all(_is_secret(secret) for secret in secrets):
        yield error(
            82,
            "EV_ENERGY_WEBHOOK_SECRETS is not one or two secrets as ev.energy gives them.",
            "Set EV_ENERGY_WEBHOOK_SECRETS to whsec_… as it stands there, or leave it empty.",
        )


def _is_local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        _ = parts.port
    except ValueError:
        return False
    is_origin = parts.scheme in {"http", "https"} and not (parts.path or parts.query or parts.fragment)
    return is_origin and parts.username is None and is_loopback(parts.hostname or "")


def _is_secret(text: str) -> bool:
    written = text.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and len(key) >= FEWEST_BYTES
