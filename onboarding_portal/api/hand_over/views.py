"""The page a session's link opens, and the button that leads back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.language.in_force import chosen_in_browser, remember_language, speak
from onboarding_portal.accounts.models import User
from onboarding_portal.api.hand_over import browser
from onboarding_portal.api.hand_over.going_back import is_allowed, is_over, site_of
from onboarding_portal.api.hand_over.journey_pages import first_page
from onboarding_portal.api.hand_over.middleware import go_back
from onboarding_portal.api.hand_over.outcome import end_visit
from onboarding_portal.api.models import HandOver
from onboarding_portal.catalogue.models import Make
from onboarding_portal.languages import spoken

STATUSES = {"unknown": 404, "used": 410, "expired": 410, "revoked": 403}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, hand_over_token: str) -> HttpResponseBase:
    """GET shows whose journey it is and spends nothing: scanners and previews open every link."""
    now = timezone.now()
    found = (
        HandOver.objects.with_token(hand_over_token).select_related("key", "owner", "vehicle__make").first()
    )
    if found is None or not found.owner.is_active or found.owner.is_staff:
        return _refused(request, "unknown")
    _speak(request, found)
    if browser.marked(request) == str(found.pk) and not is_over(found, now=now):
        return redirect(first_page(found))  # this very browser: it went back, or pressed twice
    if kind := _why_not(found):
        return _refused(request, kind, found)
    if request.method != "POST":
        return render(request, "api/hand_over.html", _words_of(request, found))
    if not _open(found, now=now):
        return _refused(request, "used", found)
    browser.begin(request, found, now=now)
    response = redirect(first_page(found))
    if language := _language_of(request, found):
        remember_language(response, language=language)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponseBase:
    """Back to the company's site, wherever the journey is. Looking at the address ends nothing."""
    hand_over: HandOver | None = getattr(request, "hand_over", None)
    if hand_over is None:
        return _refused(request, "unknown")
    if request.method != "POST":
        return redirect(first_page(hand_over))
    ended = end_visit(hand_over, now=timezone.now())
    return go_back(request, ended) or _refused(request, "revoked", hand_over)


def _open(found: HandOver, *, now: datetime) -> bool:
    """Spends the link; False if somebody was faster. Who is here for the first time is told of, once."""
    with transaction.atomic():
        was_here = HandOver.objects.filter(owner=found.owner_id, opened_at__isnull=False).exists()
        if not found.open(now=now):
            return False
        if not was_here:
            found.owner.note_first_sign_in(now=now)
    return True


def _why_not(found: HandOver) -> str:
    now = timezone.now()
    if not is_allowed(found) or not found.key.is_in_force(now=now):
        return "revoked"
    if found.opened_at is not None:
        return "used"
    return "expired" if found.expires_at <= now else ""


def _refused(request: HttpRequest, kind: str, found: HandOver | None = None) -> HttpResponse:
    context = {"kind": kind, "site": site_of(found) if found else ""}
    return render(request, "api/hand_over_refused.html", context, status=STATUSES[kind])


def _words_of(request: HttpRequest, found: HandOver) -> dict[str, Any]:
    other = request.user if isinstance(request.user, User) and request.user.pk != found.owner_id else None
    if found.vehicle is not None:
        make = found.vehicle.make.name if found.vehicle.make else gettext("car")
    else:
        make = Make.objects.filter(pk=found.make_id).values_list("name", flat=True).first() or ""
    return {
        "hand_over": found,
        "site": site_of(found),
        "make": make,
        "address": masked(found.owner.email),
        "other": other,
    }


def masked(email: str) -> str:
    """Enough for the owner to know their own address by, and for nobody to learn it."""
    name, _at, domain = email.partition("@")
    return f"{name[:2] if len(name) > 3 else name[:1]}…@{domain}"


def _language_of(request: HttpRequest, found: HandOver) -> str:
    """The site's choice, unless the owner has chosen here before."""
    return "" if found.owner.language or chosen_in_browser(request) else spoken(found.language)


def _speak(request: HttpRequest, found: HandOver) -> None:
    if language := spoken(found.owner.language) or _language_of(request, found):
        speak(request, language=language)
