"""In whose time zone times are told: one way for pages, staff's pages and e-mails.

A page tells times in the zone its reader has chosen (staff's log pages and the owner's account have a form), else in
the browser's own, which a script says. Both are cookies that last as long as the browser's session; a page that needs
no database stays so. What somebody has chosen is kept with their account, too, and chosen again when they sign in,
wherever that is. An e-mail tells times in the zone its owner has chosen, else in the one their browser had at the
last sign-in. Where none is known it is the portal's TIME_ZONE, and is named.
"""

import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from onboarding_portal.accounts.models import User

CHOSEN, COOKIE = "chosen_time_zone", "time_zone"
SIGNED_IN_WITH = "zone_of_who_signed_in"  # an attribute of the request
AREAS = (
    *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)


@cache
def zone_names() -> tuple[str, ...]:
    """What can be chosen: UTC, places, and the portal's own. Empty where the machine has no zone data."""
    known = zoneinfo.available_timezones()
    places = sorted(name for name in known if name.split("/")[0] in AREAS and "/" in name)
    offered = dict.fromkeys(["UTC", timezone.get_default_timezone_name(), *places])
    return tuple(name for name in offered if name in known)


@cache
def known_zone_names() -> frozenset[str]:
    """What a browser may say besides: those of ships and of people who hide where they are."""
    known = zoneinfo.available_timezones()
    return frozenset(zone_names()) | {name for name in known if name == "GMT" or name.startswith("Etc/")}


def zone_named(name: object) -> zoneinfo.ZoneInfo | None:
    """The zone, or None where there is none of that name (any more). The name is anybody's claim."""
    return zoneinfo.ZoneInfo(name) if isinstance(name, str) and name in known_zone_names() else None


def viewer_zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    """The zone this reader has chosen, else their browser's; None where neither is known."""
    return zone_named(request.COOKIES.get(CHOSEN)) or zone_named(request.COOKIES.get(COOKIE))


def choose_zone(response: HttpResponse, *, zone: str, user: User) -> None:
    """Every page this person sees is told in this zone from now on, in other browsers from the next sign-in."""
    user.chosen_time_zone = zone
    user.save(update_fields=["chosen_time_zone"])
    _set_cookie(response, zone)


def choose_owners_zone(request: HttpRequest, response: HttpResponse, *, zone: str, owner: User) -> None:
    """The same for an owner, whose e-mails are told in it, too; "" for the browser's own again."""
    browsers = zone_named(request.COOKIES.get(COOKIE))
    owner.chosen_time_zone = zone
    owner.time_zone = zone or (browsers.key if browsers else owner.time_zone)
    owner.save(update_fields=["chosen_time_zone", "time_zone"])
    if zone:
        _set_cookie(response, zone)
    else:
        response.delete_cookie(CHOSEN, samesite="Lax")


def _set_cookie(response: HttpResponse, zone: str) -> None:
    response.set_cookie(CHOSEN, zone, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


class ViewerZoneMiddleware:
    """Tells all times of a page in its reader's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(viewer_zone(request)):
            response = self.get_response(request)
        chosen = getattr(request, SIGNED_IN_WITH, None)
        if chosen:
            _set_cookie(response, chosen)
        elif chosen is not None and CHOSEN in request.COOKIES:
            response.delete_cookie(CHOSEN, samesite="Lax")  # another's, who used this browser before
        return response


def zone_to_name(request: HttpRequest) -> str:
    """The name of the zone a page tells times in, where it is not known to be its reader's; else ""."""
    return "" if viewer_zone(request) else timezone.get_default_timezone_name()


@contextmanager
def owners_zone(owner: User) -> Iterator[str]:
    """Times inside are the owner's. The value is the zone's name where it is the portal's instead; else ""."""
    zone = zone_named(owner.time_zone)
    with timezone.override(zone or timezone.get_default_timezone()):
        yield "" if zone else timezone.get_default_timezone_name()


@receiver(user_logged_in)
def _keep_zone(sender: type, request: HttpRequest | None, user: User, **_more: Any) -> None:
    """The zone of the browser at the latest sign-in is the one e-mails are told in. A chosen one is found again."""
    if request is not None:
        setattr(request, SIGNED_IN_WITH, user.chosen_time_zone)
    zone = zone_named(request.COOKIES.get(COOKIE)) if request else None
    if not user.is_staff and user.chosen_time_zone:
        return  # an owner's e-mails are told in the zone they chose
    if zone is not None and zone.key != user.time_zone:
        user.time_zone = zone.key
        user.save(update_fields=["time_zone"])
