"""Where owners may be sent back to: origins a key allows, spelt as browsers spell them."""

from urllib.parse import urlsplit

from django.conf import settings

from onboarding_portal.service_urls import CannotBeRead
from onboarding_portal.web_addresses import origin

LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


class NotAllowed(Exception):
    """No origin owners may be sent to; the message says why, for people."""


def may_be_plain(host: str) -> bool:
    """Without https only this very machine, and only where the portal itself is tried out on it."""
    own = urlsplit(settings.PORTAL_URL)
    return host in LOCAL_HOSTS and (settings.DEBUG or own.scheme == "http")


def clean_origin(text: str) -> str:
    """Returns the origin in one spelling. Raises NotAllowed."""
    try:
        cleaned = origin(text)
    except CannotBeRead as error:
        raise NotAllowed(str(error)) from None
    _check_scheme(cleaned)
    return cleaned


def origin_of(url: str) -> str:
    """Returns the origin of a whole address, which may have a path and a query. Raises NotAllowed.

    Browsers take a backslash for a slash and leave tabs and line ends out: an address that has any is refused,
    because it may lead elsewhere than it reads.
    """
    if any(character in url for character in "\\\t\r\n") or not url.isprintable() or " " in url:
        raise NotAllowed("has characters in it that have to be percent-encoded.")
    try:
        parts = urlsplit(url)
        cleaned = origin(f"{parts.scheme}://{parts.netloc}")
    except (CannotBeRead, ValueError):
        raise NotAllowed("is no web address with a scheme and a host.") from None
    if parts.fragment or url.endswith("#"):
        raise NotAllowed("has a # in it.")
    _check_scheme(cleaned)
    return cleaned


def _check_scheme(cleaned: str) -> None:
    parts = urlsplit(cleaned)
    if parts.scheme != "https" and not may_be_plain(parts.netloc.rpartition(":")[0] or parts.netloc):
        raise NotAllowed("does not begin with https://")
