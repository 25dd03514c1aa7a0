"""Browsers in which somebody has signed in before: strangers' tries elsewhere must not lock these out.

A signed cookie says for which addresses. It opens nothing; it only has tries counted apart from everybody else's. It
can be had by signing in alone, so it tells nobody who exists, and it holds no address, only a keyed hash of it.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from onboarding_portal.tokens import keyed_hashes

GOOD_FOR = timedelta(days=365)
MOST_ADDRESSES = 5  # a family's computer
_SALT = "onboarding_portal.accounts.known_browser"


def known_browser(request: HttpRequest, *, email: str) -> str:
    """Returns what this browser's own tries for the address are counted by; "" if it never signed in with it."""
    browser, hashes = _read(request)
    return f"{browser}:{email}" if set(_hashes(email)) & set(hashes) else ""


def remember_browser(request: HttpRequest, response: HttpResponse, *, email: str) -> None:
    """For the response that follows a sign-in."""
    browser, hashes = _read(request)
    mine = _hashes(email)
    kept = [mine[0], *(each for each in hashes if each not in mine)][:MOST_ADDRESSES]
    _write(response, browser or secrets.token_hex(8), kept)


def forget_browser(request: HttpRequest, response: HttpResponse, *, email: str) -> None:
    """For the response that follows an erasure: of a family's computer the others' addresses stay known."""
    browser, hashes = _read(request)
    mine = _hashes(email)
    if kept := [each for each in hashes if each not in mine]:
        _write(response, browser, kept)
    else:
        response.delete_cookie(_cookie_name(), samesite="Lax")


def _write(response: HttpResponse, browser: str, hashes: list[str]) -> None:
    response.set_signed_cookie(
        _cookie_name(),
        ".".join([browser, *hashes]),
        salt=_SALT,
        max_age=GOOD_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    value = request.get_signed_cookie(_cookie_name(), default="", salt=_SALT, max_age=GOOD_FOR) or ""
    browser, *hashes = value.split(".")
    return browser, hashes


def _hashes(email: str) -> list[str]:
    return [each[:32] for each in keyed_hashes(email, salt=_SALT)]


def _cookie_name() -> str:
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"
