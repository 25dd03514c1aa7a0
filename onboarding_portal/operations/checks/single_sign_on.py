"""Where staff sign in: what the OpenID provider says opens the admin, so nobody may speak in its place."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check


@portal_check
def openid_provider() -> Iterator[CheckMessage]:
    if not settings.OIDC_ISSUER:
        return
    parts = urlsplit(settings.OIDC_ISSUER)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        yield error(
            70,
            "OIDC_ISSUER is not https: whoever is on the way could sign in as any colleague.",
            "Set OIDC_ISSUER to the provider's issuer, which begins with https://",
        )
    if not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        yield error(
            71,
            "OIDC_ISSUER is set, and OIDC_CLIENT_ID or OIDC_CLIENT_SECRET is not.",
            "Set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET to those of the portal's client at the provider, "
            "or leave OIDC_ISSUER empty.",
        )
