"""Who calls: the key in the Authorization header, and what it may do."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from onboarding_portal.api.keys.rate_limit import count_request
from onboarding_portal.api.models import ApiKey, Scope
from onboarding_portal.api.problems import Kind, Problem

HOW_TO_SEND_IT = "Send a key that works in the header, as Authorization: Bearer evportal_live_…"


class ApiKeyAuth(AuthBase):
    """Raises Problem: 401 without a key in force, 429 past its limit, 403 without the scope. Takes one query."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = (
        "A key made in the portal's admin. It is sent with every request, and kept on a server."
    )

    def __init__(self, scope: Scope | None) -> None:
        super().__init__()
        self._scope = scope

    def __call__(self, request: HttpRequest) -> ApiKey:
        now = timezone.now()
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        key = ApiKey.objects.with_secret(secret.strip()) if scheme.lower() == "bearer" else None
        if key is None or not key.is_in_force(now=now):
            raise Problem(
                Kind.NOT_AUTHENTICATED,
                detail=HOW_TO_SEND_IT,
                headers={"WWW-Authenticate": 'Bearer realm="api"'},
            )
        allowance = count_request(key_id=key.pk, now=now)
        request.api_call = ApiCall(key=key, headers=allowance.headers)  # type: ignore[attr-defined]  # a request takes what is to go along with it
        if allowance.is_exceeded:
            raise Problem(Kind.TOO_MANY_REQUESTS, headers={"Retry-After": str(allowance.resets_in_seconds)})
        key.note_use(now=now)
        if self._scope is not None and not key.may(self._scope):
            raise Problem(Kind.NOT_ALLOWED, detail=f"The key needs the scope {self._scope.value}.")
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """A request of a known key; `headers` go out with whatever it is answered."""

    key: ApiKey
    headers: dict[str, str]


def call_of(request: HttpRequest) -> ApiCall | None:
    return getattr(request, "api_call", None)


def key_of(request: HttpRequest) -> ApiKey:
    """The key behind a request that was let in."""
    call: ApiCall = request.api_call  # type: ignore[attr-defined]  # a request takes what is to go along with it
    return call.key
