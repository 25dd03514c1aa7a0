"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from onboarding_portal.ev_energy.request_context import current_request_id


def portal(request: HttpRequest) -> dict[str, str]:
    """Returns the company's name and support address, shown on every page, and the request's id, on error pages."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "support_email": settings.PORTAL_SUPPORT_EMAIL,
        "request_id": current_request_id.get(),
    }
