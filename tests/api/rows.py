"""Keys and hand-overs for tests, and calls of the API."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.api.models import ApiKey, HandOver, Journey, Scope
from onboarding_portal.api.models.hand_over import LINK_LIFETIME, TOKEN_PURPOSE
from onboarding_portal.tokens import hash_token
from tests.factories import make_owner

SITE = "https://www.brightfield.example"
_numbers = count(1)


def make_key(*scopes: Scope, **fields: Any) -> tuple[ApiKey, str]:
    """A key in force with these scopes, or all of them, and its secret."""
    values = {
        "name": f"System {next(_numbers)}",
        "origins": [SITE],
        "by": None,
        "now": timezone.now(),
        **fields,
    }
    return ApiKey.objects.make(scopes=scopes or tuple(Scope), **values)


def make_hand_over(
    *, owner: User | None = None, key: ApiKey | None = None, **fields: Any
) -> tuple[HandOver, str]:
    """A hand-over whose link nobody has opened yet, and the link's token."""
    number, now = next(_numbers), fields.pop("now", timezone.now())
    token = f"hand-over-token-{number:030d}"
    values = {
        "journey": Journey.CONNECT,
        "return_url": f"{SITE}/cars?from=portal",
        "token_hash": hash_token(token, purpose=TOKEN_PURPOSE),
        "created_at": now,
        "outcome_at": now,
        "expires_at": now + LINK_LIFETIME,
        "look_at": now + LINK_LIFETIME,
        **fields,
    }
    row = HandOver.objects.create(owner=owner or make_owner(), key=key or make_key()[0], **values)
    return row, token


class ApiClient:
    """Calls the API with a key, as the company's system does."""

    def __init__(self, secret: str = "", client: Client | None = None) -> None:
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.client = client or Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}", body, content_type="application/json", headers={**self.headers, **headers}
        )


def later(**length: int) -> Any:
    return timezone.now() + timedelta(**length)
