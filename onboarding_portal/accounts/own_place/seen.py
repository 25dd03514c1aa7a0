"""Notes with which browser an owner is there, for the list of their devices."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from onboarding_portal.accounts.sessions import is_owners, note_owners_device
from onboarding_portal.unreachable import if_reachable


class DeviceMiddleware:
    """Where a page has looked at the session anyway; others need no database and are to stay so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        with if_reachable():
            if request.session.accessed and is_owners(request.session):
                browser = request.headers.get("User-Agent", "")
                note_owners_device(request.session, browser=browser, now=timezone.now())
        return response
