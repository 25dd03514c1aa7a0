"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from onboarding_portal.accounts.viewer_zone import zone_to_name
from onboarding_portal.ev_energy.request_context import current_request_id


def portal(request: HttpRequest) -> dict[str, str]:
    """Returns what every page may show: the company's name and address, and the time zone if it is not the reader's.

    Error pages show the request's id.
    """
    return {
        "portal_name": settings.PORTAL_NAME,
        "support_email": settings.PORTAL_SUPPORT_EMAIL,
        "request_id": current_request_id.get(),
        "zone_to_name": zone_to_name(request),
    }
