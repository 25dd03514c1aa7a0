"""One Content-Security-Policy for every answer, without exceptions."""

from collections.abc import Callable
from functools import cache

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse


class ContentSecurityMiddleware:
    """Sends the policy of the settings, built once; django-csp's own middleware builds it anew for each answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Django's pages for developers have their styles inline.
        if not (settings.DEBUG and response.status_code in {404, 500}):
            response[HEADER] = _policy()
        return response


@cache
def _policy() -> str:
    return build_policy()


@receiver(setting_changed)
def _forget(*, setting: str, **_: object) -> None:
    if setting == "CONTENT_SECURITY_POLICY":
        _policy.cache_clear()
