"""/.well-known/security.txt (RFC 9116): where to report a weakness of this portal."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

# Whoever holds a copy for longer should ask again. The RFC recommends less than a year.
GOOD_FOR = timedelta(days=180)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """404 unless SECURITY_CONTACT is set."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (timezone.now() + GOOD_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = [
        f"Contact: {contact_uri(settings.SECURITY_CONTACT)}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {settings.PORTAL_URL}{reverse('security_txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def contact_uri(contact: str) -> str:
    """The setting may be an e-mail address, which the file must name as a URI."""
    return contact if ":" in contact else f"mailto:{contact}"
