"""Out of whose share of the request budget a call comes: of the owner who is signed in, or whose car it is about."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.fair_share import Spender, on_behalf_of
from onboarding_portal.owner_limits import NEWCOMER_FOR


def on_behalf_of_owner(owner: Callable[[], User]) -> AbstractContextManager[None]:
    """Calls made inside with an owner's priority come out of this owner's share. `owner` is asked only then."""
    return on_behalf_of(lambda: _spender(owner()))


class OnBehalfMiddleware:
    """Every call that a page makes comes out of the share of whoever looks at it. Pages without a call ask nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def who() -> Spender | None:
            return _spender(request.user) if isinstance(request.user, User) else None

        with on_behalf_of(who):
            return self._get_response(request)


def _spender(user: User) -> Spender:
    return Spender(owner_id=user.pk, is_new=timezone.now() - user.joined_at < NEWCOMER_FOR)
