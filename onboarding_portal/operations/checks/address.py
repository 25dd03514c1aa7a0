"""Where the portal is reached, and who may say what about a request."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.http.request import validate_host

from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check, warning

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 12
# Keys that stand in generators, guides and examples. Signing with a known key is signing with none.
KNOWN_KEY_STARTS = ("django-insecure-", "change", "secret", "your", "replace", "example", "insecure", "test")
MOST_PROXIES = 10
A_YEAR_SECONDS = 31_536_000
# A name, a name with all below it, or an address; nothing with a scheme, a port or a path.
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\]|\*")
NEW_KEY = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"'


@portal_check
def portal_url() -> Iterator[CheckMessage]:
    parts = _split(settings.PORTAL_URL)
    if parts is None:
        yield error(
            1,
            "PORTAL_URL is not an origin: every link handed out starts with it.",
            "Set PORTAL_URL to a scheme and a host alone, such as https://cars.example.com",
        )
    elif settings.DEBUG and (parts.scheme == "https" or not is_loopback(parts.hostname or "")):
        yield error(
            3,
            "DEBUG is on, but PORTAL_URL is not this machine: error pages would show settings to everybody.",
            "Set DEBUG=false. To try things out, use PORTAL_URL=http://localhost:8000",
        )
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield error(
            2,
            "PORTAL_URL is http: sign-in codes, sessions and links would travel readable for all.",
            "Set PORTAL_URL to the https address. The platform ends https before the portal.",
        )


@portal_check
def security_contact() -> Iterator[CheckMessage]:
    contact = settings.SECURITY_CONTACT
    is_fit = re.fullmatch(
        r"(mailto:)?[^\s:/@]+@[^\s:/@]+\.[^\s:/@]+|https://[^\s/]+\S*|tel:\+[\d-]+", contact
    )
    if contact and not is_fit:
        yield error(
            17,
            "SECURITY_CONTACT is neither an e-mail address nor an https address: nobody could report to it.",
            "Set SECURITY_CONTACT to an address such as security@example.com, or leave it empty.",
        )


@portal_check
def allowed_hosts() -> Iterator[CheckMessage]:
    parts = _split(settings.PORTAL_URL)
    if not all(HOST.fullmatch(host) for host in settings.ALLOWED_HOSTS):
        yield error(
            8,
            "ALLOWED_HOSTS has an entry that is not a host.",
            "Leave ALLOWED_HOSTS empty, or list hosts alone, without scheme, port or path: cars.example.com",
        )
    elif "*" in settings.ALLOWED_HOSTS:
        yield error(
            4,
            "ALLOWED_HOSTS has *: the portal would answer under any name somebody points at it.",
            "Leave ALLOWED_HOSTS empty (then it is the host of PORTAL_URL) or list the hosts.",
        )
    elif parts and not validate_host(_host(parts), settings.ALLOWED_HOSTS):
        yield error(
            5,
            "ALLOWED_HOSTS lacks the host of PORTAL_URL: every page would be refused with 400.",
            "Leave ALLOWED_HOSTS empty, or add the host of PORTAL_URL to it.",
        )


@portal_check
def proxies() -> Iterator[CheckMessage]:
    if not 0 <= settings.TRUSTED_PROXY_COUNT <= MOST_PROXIES:
        yield error(
            6,
            f"TRUSTED_PROXY_COUNT is below 0 or above {MOST_PROXIES}.",
            "Set it to the number of proxies before the portal: 1 on most platforms, 0 without any.",
        )
    elif settings.IS_HTTPS and settings.TRUSTED_PROXY_COUNT == 0:
        yield error(
            7,
            "PORTAL_URL is https, but TRUSTED_PROXY_COUNT is 0: gunicorn itself speaks http, so every page would "
            "redirect to itself for ever.",
            "Set TRUSTED_PROXY_COUNT to the number of proxies that stand before the portal, or leave it empty (1).",
        )


@portal_check
def secret_key() -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS:
        yield error(
            10, f"SECRET_KEY is easy to guess: it needs {SHORTEST_KEY} characters by chance.", NEW_KEY
        )
    elif key.lower().startswith(KNOWN_KEY_STARTS):
        yield error(11, "SECRET_KEY looks like one from an example, which others know.", NEW_KEY)
    elif key == settings.EV_ENERGY_CLIENT_SECRET:
        yield error(12, "SECRET_KEY is EV_ENERGY_CLIENT_SECRET, which ev.energy knows.", NEW_KEY)


@portal_check
def former_secret_keys() -> Iterator[CheckMessage]:
    if any(len(key) < SHORTEST_KEY for key in settings.SECRET_KEY_FALLBACKS):
        yield error(
            13,
            "SECRET_KEY_FALLBACKS has a key that is too short to have been a SECRET_KEY.",
            "Set SECRET_KEY_FALLBACKS to the former keys, with commas between them, or leave it empty.",
        )
    elif settings.SECRET_KEY in settings.SECRET_KEY_FALLBACKS:
        yield warning(
            14,
            "SECRET_KEY_FALLBACKS has the SECRET_KEY in force: nothing is rotated.",
            "Set SECRET_KEY to a new key, or take it out of SECRET_KEY_FALLBACKS.",
        )


@portal_check
def https_remembered() -> Iterator[CheckMessage]:
    seconds = settings.SECURE_HSTS_SECONDS
    if not 0 <= seconds <= 10 * A_YEAR_SECONDS:
        yield error(15, "HSTS_SECONDS is below 0 or above ten years.", "Leave HSTS_SECONDS empty (a year).")
    elif settings.SECURE_HSTS_PRELOAD and not (
        seconds >= A_YEAR_SECONDS and settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
    ):
        yield warning(
            16,
            "HSTS_PRELOAD is on, but browsers' list takes no host with less than a year or without its subdomains.",
            "Leave HSTS_SECONDS and HSTS_INCLUDE_SUBDOMAINS empty, or HSTS_PRELOAD.",
        )


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _split(url: str) -> SplitResult | None:
    """Returns the parts of an origin, None if the address is not one."""
    try:
        parts = urlsplit(url)
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        return None
    has_more = parts.path or parts.query or parts.fragment or parts.username or "?" in url or "#" in url
    return parts if is_origin and not has_more and not any(c.isspace() for c in url) else None
