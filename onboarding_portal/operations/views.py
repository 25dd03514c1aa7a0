"""Pages of the portal itself: home, and what is shown when something is refused or broken; what all pages show."""

import sys
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from onboarding_portal.accounts.viewer_zone import zone_to_name
from onboarding_portal.brand.contact import company
from onboarding_portal.brand.face import face
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.unreachable import is_standby, is_unreachable

RETRY_AFTER_SECONDS = 30


def portal(request: HttpRequest) -> dict[str, Any]:
    """What every template may use, on every page: the company, the languages, the time zone if not the reader's own.

    Error pages show the request's id, and staff's are in the look of the admin.
    """
    is_desk = request.path_info.startswith(reverse("admin:index"))
    return {
        "portal_name": settings.PORTAL_NAME,
        "brand": face(),
        "company": company(),
        "languages": settings.LANGUAGES,
        "is_desk": is_desk,
        "error_base": "errors/_desk.html" if is_desk else "base.html",
        "support_email": settings.PORTAL_SUPPORT_EMAIL,
        "request_id": current_request_id.get(),
        "zone_to_name": zone_to_name(request),
    }


def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("vehicles:list")
    return render(request, "home.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403_csrf.html", status=403)


def locked_out(request: HttpRequest, original_response: HttpResponse, credentials: Any) -> HttpResponse:
    """What staff see after too many wrong passwords, instead of the form they sent."""
    return render(request, "errors/locked_out.html", status=429)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def too_large(request: HttpRequest) -> HttpResponse:
    """Asked for ahead of the session's middleware."""
    return HttpResponse(_page_by_itself(request, "errors/413.html"), status=413)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 and when to try again, if the database or the cache cannot be reached."""
    error = sys.exception()
    if is_standby(error):
        connections.close_all()  # the next one is made to whoever has the address now
    if not is_unreachable(error):
        return HttpResponse(_page_by_itself(request, "errors/500.html"), status=500)
    page = _page_by_itself(request, "errors/503.html")
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _page_by_itself(request: HttpRequest, template: str) -> str:
    # Without the request nothing in the template can ask the database, which may be what is broken.
    return render_to_string(template, {**portal(request), "can_reload": request.method == "GET"})
