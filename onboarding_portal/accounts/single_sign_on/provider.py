"""The conversation with the OpenID provider, by Authlib: state, nonce, PKCE, the token's signature and its claims.

Not allauth's socialaccount: it brings three tables and pages of its own, and signs people in by its own flow, which
here is the owners'. Not mozilla-django-oidc: it looks people up by what the provider says of their address.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SECONDS = 5.0  # for one answer of the provider


class NotAnswered(Exception):
    """The provider cannot be reached, or does not speak OpenID Connect. Trying again later may help."""


class NotSignedIn(Exception):
    """The provider said no, or what came back is not the answer to what this browser asked."""


def is_configured() -> bool:
    return bool(settings.OIDC_ISSUER)


def leave(request: HttpRequest, *, come_back_to: str) -> HttpResponse:
    """Returns the redirect to the provider. Raises NotAnswered."""
    client = _client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    try:
        redirect: HttpResponse = client.authorize_redirect(request, come_back_to)
    except (OSError, ValueError, RuntimeError) as error:
        raise NotAnswered from error
    return redirect


def come_back(request: HttpRequest) -> Mapping[str, Any]:
    """Returns what the provider's signed token says of who signed in. Raises NotAnswered and NotSignedIn."""
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415  for staff alone
    from joserfc.errors import JoseError  # noqa: PLC0415  only portals with a single sign-on load it

    client = _client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    wanted = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    try:
        token = client.authorize_access_token(request, claims_options=wanted)
    except (AuthlibBaseError, JoseError) as error:
        raise NotSignedIn from error
    except (OSError, ValueError, RuntimeError) as error:
        raise NotAnswered from error
    said: Mapping[str, Any] = token.get("userinfo") or {}
    if not said.get("sub"):
        raise NotSignedIn
    return said


@cache
def _client(issuer: str, client_id: str, client_secret: str) -> Any:
    """One for each process: the provider's addresses and keys are asked for once."""
    from authlib.integrations.django_client import OAuth  # noqa: PLC0415  owners' pages do without

    oauth = OAuth()
    return oauth.register(
        "staff",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )
