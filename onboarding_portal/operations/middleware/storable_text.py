"""Texts no database takes are refused before a page looks anything up with them.

PostgreSQL has no NUL, and Django's lists for staff put filters and ids into queries as the browser sent them; forms,
searches and the portal's own pages look at theirs themselves. A charset in the header of a request without a body is
nobody's need, and Django would decode the query with it, halves of characters included.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse

from onboarding_portal.storable import storable


class StorableTextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            request.encoding = "utf-8"
        # The session is looked up by what its cookie says, and a quoted cookie can say NUL.
        request.COOKIES = {name: storable(value) for name, value in request.COOKIES.items()}
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if match is None or match.app_name != "admin":
            return
        if "\x00" in request.path_info:
            raise Http404
        is_list = (match.url_name or "").endswith("_changelist")
        if is_list and any("\x00" in text for text in _texts_for_queries(request)):
            raise BadRequest("A NUL in a filter or in a selection.")


def _texts_for_queries(request: HttpRequest) -> Iterator[str]:
    for name, values in request.GET.lists():
        yield from values if name != SEARCH_VAR else ()
    yield from request.POST.getlist(ACTION_CHECKBOX_NAME)
