"""What all answers of the API have in common, whoever made them: errors as problems, rate limits, ETags, HEAD.

Outside of all that may refuse a request, so that a body that is too large or a database that is away is told as JSON,
too.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware

from onboarding_portal.api.keys.bearer import call_of
from onboarding_portal.api.problems import CONTENT_TYPE, PAGE, problem_of_status, problem_response

ROOT = "/api/"
KEPT_HEADERS = ("Retry-After", "Allow")


class ApiMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT) or request.path_info == PAGE:
            return self._get_response(request)
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = _with_tag(request, _as_problem(self._get_response(request)))
        call = call_of(request)
        for name, value in (call.headers if call else {}).items():
            response[name] = value
        if is_head:
            request.method = "HEAD"
            length = len(response.content)
            response.content = b""
            response["Content-Length"] = str(length)
        return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    is_error = response.status_code >= 400
    if not is_error or response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    problem = problem_response(problem_of_status(response.status_code), status=response.status_code)
    for name in KEPT_HEADERS:
        if name in response:
            problem[name] = response[name]
    return problem


def _with_tag(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answers may be kept by who asked, and are asked about again each time: 304 where nothing has changed."""
    if request.method != "GET" or response.status_code != 200:
        response.setdefault("Cache-Control", "no-store")
        return response
    response.setdefault("Cache-Control", "private, no-cache")
    return ConditionalGetMiddleware(lambda _request: response)(request)  # type: ignore[return-value]  # what it wraps answers at once
