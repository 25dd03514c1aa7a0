"""Serves the files of the company's face, as static files are: for ever, to everybody, asking no session."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import patch_vary_headers

from onboarding_portal.brand.face import PREFIX, File, face

FOR_EVER = "public, max-age=31536000, immutable"


class BrandMiddleware:
    """Stands where static files are answered. What has no such address any more is left to the URLconf: a 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        file = face().files.get(request.path_info) if request.path_info.startswith(PREFIX) else None
        if file is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _answer(request, file)


def _answer(request: HttpRequest, file: File) -> HttpResponse:
    may_zip = "gzip" in request.headers.get("Accept-Encoding", "") and not file.url.endswith(".png")
    response = HttpResponse(
        file.zipped if may_zip else file.data,
        content_type=file.content_type,
        headers={"Cache-Control": FOR_EVER},
    )
    if may_zip:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
