"""What the owner agreed to, on their account page."""

from typing import Any

from django.http import HttpRequest

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.consents.models import Consent

TEMPLATE = "consents/_panel.html"
MOST = 20


def context(request: HttpRequest) -> dict[str, Any] | None:
    """None for who has agreed to nothing here. Takes one query."""
    consents = list(Consent.objects.of(user_of(request).pk).exclude(text_version="")[:MOST])
    return {"consents": consents} if consents else None
