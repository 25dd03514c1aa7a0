"""Leaving for the OpenID provider, and coming back from it."""

import logging

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.known_browser import remember_browser
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.single_sign_on import provider
from onboarding_portal.accounts.single_sign_on.people import NotStaff, staff_for
from onboarding_portal.accounts.two_factor import pending, proof

logger = logging.getLogger("onboarding_portal.accounts")

NEXT = "single_sign_on_next"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    if not provider.is_configured():
        raise Http404
    if request.method != "POST":
        return redirect("admin:login")  # where the button is
    if not ratelimit.consume(request, action="single_sign_on"):
        return render(request, "errors/429.html", status=429)
    next_url = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(next_url, allowed_hosts=None)
    request.session[NEXT] = next_url if is_ours else reverse("admin:index")
    try:
        return provider.leave(
            request, come_back_to=settings.PORTAL_URL + reverse("admin:single_sign_on_return")
        )
    except provider.NotAnswered:
        return _trouble(
            request, _("The single sign-on does not answer just now. Try again in a moment."), 503
        )


@never_cache
@require_http_methods(["GET", "HEAD"])
def come_back(request: HttpRequest) -> HttpResponse:
    if not provider.is_configured():
        raise Http404
    try:
        said = provider.come_back(request)
        user = staff_for(said, now=timezone.now())
    except provider.NotAnswered:
        return _trouble(
            request, _("The single sign-on does not answer just now. Try again in a moment."), 503
        )
    except provider.NotSignedIn:
        return _trouble(request, _("The single sign-on did not finish. Begin again."), 400)
    except NotStaff:
        logger.info("Somebody the OpenID provider knows was refused: they are no staff here")
        return _trouble(
            request, _("You are not among the staff of this portal. Ask a lead to invite you."), 403
        )
    methods = said.get("amr")
    return _sign_in(request, user, has_proven_twice=isinstance(methods, list) and "mfa" in methods)


def _sign_in(request: HttpRequest, user: User, *, has_proven_twice: bool) -> HttpResponse:
    """Who proved it twice at the provider is not asked for a second factor here."""
    next_url = request.session.pop(NEXT, reverse("admin:index"))
    if not has_proven_twice and proof.is_asked_of(user):
        pending.begin(request.session, user=user, backend=BACKEND, next_url=next_url)
        return redirect("admin:second_factor")
    login(request, user, backend=BACKEND)
    if has_proven_twice:
        proof.note(request.session)
    response = redirect(next_url)
    remember_browser(request, response, email=user.email)
    return response


def _trouble(request: HttpRequest, text: str, status: int) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": _("Single sign-on"), "text": text}
    return render(request, "admin/colleagues/sign_on_trouble.html", context, status=status)
