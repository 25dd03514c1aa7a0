from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from onboarding_portal.refusals import Refusal


class RefusalMiddleware:
    """Turns a refusal that a view raised into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            # Django's answer to a bookmark of a form's address is an empty page.
            response.content = render_to_string("errors/405.html", request=request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        context = {"message": exception.message}
        return render(request, exception.template, context, status=exception.status)
