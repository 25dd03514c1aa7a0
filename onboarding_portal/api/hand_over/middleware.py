"""In a browser in which an owner was handed over: who they are on the pages of the journey, and the way back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.api.hand_over import browser
from onboarding_portal.api.hand_over.going_back import is_allowed, is_over, site_of, way_back
from onboarding_portal.api.hand_over.journey_pages import is_of_journey, is_where_owners_come_back
from onboarding_portal.api.hand_over.outcome import end_visit, settle
from onboarding_portal.api.keys.origins import origin_of
from onboarding_portal.api.models import HandOver, Outcome
from onboarding_portal.unreachable import if_reachable

# The page of a journey that was refused tells why; its reader goes back by a button.
STAY_WITH = frozenset({Outcome.REFUSED})


class HandOverMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hand_over = _hand_over_if_any(request)
        if hand_over is None:
            return self._get_response(request)
        request.hand_over = hand_over  # type: ignore[attr-defined]  # a request takes what is to go along with it
        request.hand_over_site = site_of(hand_over)  # type: ignore[attr-defined]  # a request takes what is to go along with it
        browser.set_current(hand_over)
        try:
            # Chrome holds every redirect after a form to the page's form-action, and the journey ends at the site.
            allowed = {"form-action": [origin_of(hand_over.return_url)]} if is_allowed(hand_over) else {}
            answer: HttpResponse = csp_update(allowed)(self._get_response)(request)  # type: ignore[assignment]  # typed for views, and used on one
            return answer
        finally:
            browser.set_current(None)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        hand_over: HandOver | None = getattr(request, "hand_over", None)
        match = request.resolver_match
        if hand_over is None or match is None or not is_of_journey(hand_over, match):
            return None
        now = timezone.now()
        if not request.user.is_authenticated:
            if is_over(hand_over, now=now) or not is_allowed(hand_over) or not hand_over.owner.is_active:
                browser.end(request)
                context = {"kind": "over", "site": site_of(hand_over)}
                return render(request, "api/hand_over_refused.html", context, status=403)
            request.user = hand_over.owner
            request.is_handed_over = True  # type: ignore[attr-defined]  # a request takes what is to go along with it
        if request.method == "GET" and is_where_owners_come_back(hand_over, match) and not request.GET:
            return _go_back_if_done(request, hand_over)
        return None


def _hand_over_if_any(request: HttpRequest) -> HandOver | None:
    with if_reachable():
        return _hand_over_of(request)
    return None


def _hand_over_of(request: HttpRequest) -> HandOver | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    mark = browser.marked(request)
    if not mark:
        return None
    rows = HandOver.objects.select_related("key", "owner", "vehicle")
    hand_over = rows.filter(pk=UUID(mark)).first()
    is_somebody_elses = isinstance(request.user, User) and hand_over and request.user.pk != hand_over.owner_id
    has_stayed = isinstance(request.user, User) and hand_over and is_over(hand_over, now=timezone.now())
    if hand_over is None or is_somebody_elses or has_stayed or not browser.is_whole(request, hand_over):
        browser.end(request)
        return None
    return hand_over


def _go_back_if_done(request: HttpRequest, hand_over: HandOver) -> HttpResponseBase | None:
    """Whoever was at ev.energy and is back goes on to the company's site."""
    now = timezone.now()
    settled = settle(hand_over, now=now)
    if settled.outcome in STAY_WITH or not has_been_away(settled):
        return None
    return go_back(request, settled)


def has_been_away(hand_over: HandOver) -> bool:
    """Whether the owner has come back from ev.energy, or needs not go there any more."""
    if hand_over.outcome not in {Outcome.PENDING, Outcome.EXPIRED}:
        return True
    back = hand_over.attempts.filter(returned_at__isnull=False).exists()
    return back or hand_over.reconnects.filter(came_back_at__isnull=False).exists()


def go_back(request: HttpRequest, hand_over: HandOver) -> HttpResponseBase | None:
    """Ends the owner's visit; None if there is no way back any more."""
    if not is_allowed(hand_over):
        return None
    address = way_back(end_visit(hand_over, now=timezone.now()))
    browser.end(request)
    return redirect(address)
