"""Serves the makes' logos, as static files are: for ever, to everybody. The address has the hash of what is in it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from onboarding_portal.brand.middleware import FOR_EVER
from onboarding_portal.catalogue.models import MakeLogo

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@require_safe
def make_logo(request: HttpRequest, digest: str, suffix: str) -> HttpResponse:
    logo = MakeLogo.objects.shown().filter(digest=digest, suffix=suffix).first()
    if logo is None:
        raise Http404
    return HttpResponse(
        bytes(logo.picture), content_type=CONTENT_TYPES[logo.suffix], headers={"Cache-Control": FOR_EVER}
    )
