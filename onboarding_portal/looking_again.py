"""Pages that wait for something are asked for again by their script, which wants to know only whether they changed.

What they say is taken for what they wait for: whatever differs on the page is news, whoever writes it there.
"""

import re
from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

HEADER = "X-Looks-Again"
# Masked anew each time a page is made.
_FORM_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w*"')


def is_another_look(request: HttpRequest) -> bool:
    """Whether a page that is shown already asks for itself. It asks often, so nothing of it may call ev.energy."""
    return HEADER in request.headers


class LookingAgainMiddleware:
    """Answers another look with 304 and no body while the page says what it said."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_another_look(request) or response.streaming:
            return response
        digest = sha256(_FORM_TOKEN.sub(b"", response.content)).hexdigest()
        response["ETag"] = etag = f'"{digest[:32]}"'
        return get_conditional_response(request, etag=etag, response=response) or response
