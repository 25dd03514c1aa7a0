"""A page's waits for the database are bounded in sum: a slow one must not add up to minutes, statement by statement.

What staff do to thousands of cars may take its time; there each single wait is bounded.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from onboarding_portal.operations.database_waits import one_page


class PatienceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path_info.startswith(reverse("admin:index")):
            return self.get_response(request)
        with one_page():
            return self.get_response(request)
