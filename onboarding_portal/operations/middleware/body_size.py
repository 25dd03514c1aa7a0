"""A request with more in it than any form of the portal needs is refused before anything of it is read."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse

from onboarding_portal.operations.views import too_large
from onboarding_portal.web_server.limits import LARGEST_BODY_BYTES, LARGEST_UPLOAD_BYTES, UPLOADS


class BodySizeMiddleware:
    """Believes the Content-Length: the server lets nobody send more than they announced, and counts the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = str(request.META.get("CONTENT_LENGTH") or "0")
        most = LARGEST_UPLOAD_BYTES if request.path in UPLOADS else LARGEST_BODY_BYTES
        is_too_large = announced.isascii() and announced.isdigit() and int(announced) > most
        return too_large(request) if is_too_large else self.get_response(request)


class UploadHandler(MemoryFileUploadHandler):
    """Takes a file where a page asks for one; elsewhere the form is refused."""

    def new_file(self, *args: Any, **options: Any) -> None:
        if self.request is None or self.request.path not in UPLOADS:
            raise TooManyFilesSent
        super().new_file(*args, **options)
