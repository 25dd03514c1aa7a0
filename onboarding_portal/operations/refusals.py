from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onboarding_portal.refusals import Refusal


class RefusalMiddleware:
    """Turns a refusal that a view raised into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        context = {"message": exception.message}
        return render(request, exception.template, context, status=exception.status)
