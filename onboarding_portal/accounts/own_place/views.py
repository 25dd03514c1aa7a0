"""The owner's account page: all that the owner decides about themselves, and the ways to the rest of it."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.own_place import panels
from onboarding_portal.accounts.own_place.changing import change_about, switch_reminders
from onboarding_portal.accounts.own_place.devices import sign_out_everywhere, sign_out_one
from onboarding_portal.accounts.own_place.forms import AboutYouForm
from onboarding_portal.accounts.requests import owners_own, takes_form_of, user_of
from onboarding_portal.accounts.session_rows import sessions_of
from onboarding_portal.addresses import readable

MOST_DEVICES = 20  # on the page; "everywhere" ends them all


def _page_of_account(_request: HttpRequest) -> str:
    return reverse("account")


def may_change(request: HttpRequest) -> bool:
    """Counts one change: each leaves entries in the audit log."""
    return bool(ratelimit.consume(request, action="change_own_account", key=str(user_of(request).pk)))


def too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/429.html", status=429)


@owners_own
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    owner = user_of(request)
    form = AboutYouForm.of(owner, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not may_change(request):
            return too_often(request)
        response = redirect("account")
        change_about(request=request, response=response, owner=owner, **form.cleaned_data)
        messages.success(request, _("It is saved."))
        return response
    here = request.session.session_key or ""
    context = {
        "form": form,
        "email": readable(owner.email),
        "devices": sessions_of(owner, now=timezone.now(), here=here)[:MOST_DEVICES],
        "panels": panels.rendered(request),
    }
    return render(request, "accounts/own_place/account.html", context, status=400 if form.errors else 200)


@takes_form_of(_page_of_account)
@owners_own
def reminders(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("reminders", "")
    if wanted in {"on", "off"}:
        if not may_change(request):
            return too_often(request)
        switch_reminders(owner=user_of(request), on=wanted == "on")
        messages.success(
            request, _("You get reminders again.") if wanted == "on" else _("You get no more reminders.")
        )
    return redirect("account")


@takes_form_of(_page_of_account)
@owners_own
def sign_out(request: HttpRequest) -> HttpResponse:
    """One device, or all where none is named."""
    owner, name = user_of(request), request.POST.get("device", "")
    if not may_change(request):
        return too_often(request)
    if not name:
        sign_out_everywhere(owner=owner)
        logout(request)
        messages.success(request, _("You are signed out on all devices."))
        return redirect("home")
    here = request.session.session_key
    key = sign_out_one(owner=owner, name=name, now=timezone.now())
    if key == here:
        logout(request)
        messages.success(request, _("You are signed out."))
        return redirect("home")
    if key:
        messages.success(request, _("That device is signed out."))
    else:
        messages.info(request, _("That device was signed out already."))
    return redirect("account")
