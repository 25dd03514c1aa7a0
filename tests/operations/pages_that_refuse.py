"""The portal's own pages, and one more for each way to be turned away."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from onboarding_portal import urls
from onboarding_portal.operations.views import too_large, too_many_requests


def _raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


@require_POST
def _only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


_of_each_kind = [
    path("400/", _raising(SuspiciousOperation("secret detail"))),
    path("403/", _raising(PermissionDenied("secret detail"))),
    path("405/", _only_post),
    path("413/", too_large),
    path("429/", too_many_requests),
    path("500/", _raising(ValueError("secret detail"))),
]
urlpatterns = [*_of_each_kind, path("admin/", include(_of_each_kind)), *urls.urlpatterns]

handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500
