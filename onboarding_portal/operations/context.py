"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, str]:
    """Returns the company's name and support address, shown on every page."""
    return {"portal_name": settings.PORTAL_NAME, "support_email": settings.PORTAL_SUPPORT_EMAIL}
