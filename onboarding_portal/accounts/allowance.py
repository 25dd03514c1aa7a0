"""Counts an owner's presses that cost calls to ev.energy, in the cache all processes share, and refuses too many.

The numbers are in `owner_limits.py`. Counting is allauth's, as for the codes of the sign-in: a sliding window behind
a lock. While the cache is down nobody is refused; the budget has its own rule for that.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onboarding_portal.accounts.models import User
from onboarding_portal.owner_limits import LIMITS, NEWCOMER_FOR, Press
from onboarding_portal.unreachable import is_unreachable

View = Callable[..., HttpResponse]


class TooOften(Exception):
    """The owner, or all who registered within a day, did this as often as they may for now. Nothing was done."""

    def __init__(self, *, comes_back_in: timedelta) -> None:
        super().__init__("too often")
        self.comes_back_in = comes_back_in


def count(press: Press, *, owner: User, now: datetime, done: int | None = None) -> None:
    """Counts one press. Raises TooOften."""
    if not may(press, owner=owner, now=now, done=done):
        raise TooOften(comes_back_in=LIMITS[press].comes_back_in)


def may(press: Press, *, owner: User, now: datetime, done: int | None = None) -> bool:
    """Counts one press and says whether it may go on, for those who do without if not.

    `done` is how much of it the owner has had, where rows tell: then the cache is asked for the pot alone.
    """
    key, limit = str(owner.pk), LIMITS[press]
    try:
        if not (_consume(press, "own", key) if done is None else done < amount(limit.own)):
            return False
        if owner.joined_at < now - NEWCOMER_FOR:
            return True
        if _consume(press, "first", key) if done is None else done < amount(limit.first):
            return True
        return _consume(press, "newcomers", "all")
    except Exception as error:
        if is_unreachable(error):
            return True
        raise


def amount(rate: str) -> int:
    return int(rate.partition("/")[0])


def _consume(press: Press, name: str, key: str) -> bool:
    # A request of no method: allauth counts no GETs, and what ev.energy's redirect brings is one.
    return bool(ratelimit.consume(HttpRequest(), action=f"{press}:{name}", key=key))


def tells_when_too_often(view: View) -> View:
    """Has a view answer TooOften with 429 and a page that says when to come back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooOften as refusal:
            return _page(request, refusal)

    return wrapped


def _page(request: HttpRequest, refusal: TooOften) -> HttpResponse:
    seconds = max(60, int(refusal.comes_back_in.total_seconds()))
    minutes = -(-seconds // 60)
    context = {"minutes": minutes, "hours": -(-minutes // 60)}
    response = render(request, "errors/too_often.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
