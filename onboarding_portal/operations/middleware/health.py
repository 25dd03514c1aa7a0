"""Answers to those who watch the portal: is the process alive, can it work.

Answered ahead of everything else, because probes call by an address that is no allowed host, without https and
without a session.
"""

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, Error
from django.http import HttpRequest, HttpResponse

from onboarding_portal.operations.checks.database import is_migrated


def healthz() -> HttpResponse:
    return _answer("ok")


def readyz() -> HttpResponse:
    """Says 503 and why, unless the database answers and every migration of this release is applied to it."""
    try:
        if is_migrated(DEFAULT_DB_ALIAS):
            return _answer("ok")
    except Error:
        return _answer("the database cannot be reached", status=503)
    return _answer("the database is not migrated", status=503)


def _answer(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(
        f"{text}\n",
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


PROBES: dict[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return probe() if probe and request.method in {"GET", "HEAD"} else self.get_response(request)
