"""Signing in and signing out."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.sign_in import mailed_code as journey
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes
from onboarding_portal.accounts.sign_in.forms import CodeForm, SignInForm
from onboarding_portal.addresses import readable


def _next_url(request: HttpRequest) -> str:
    """Returns the path of ours to go on to after signing in, "" if none or another site is asked for."""
    url = request.POST.get("next") or request.GET.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""


def with_next(name: str, next_url: str) -> str:
    return reverse(name) + (f"?{urlencode({'next': next_url})}" if next_url else "")


def send_code(request: HttpRequest, email: str) -> tuple[int, str]:
    """Returns 200, or the status to answer with and what to tell the visitor."""
    try:
        journey.start(request=request, email=email, now=timezone.now())
    except TooManyCodes:
        return 429, _("Too many codes were asked for. Please try again in 15 minutes.")
    except MailNotSent:
        return 503, _("The e-mail could not be sent just now. Please try again in a few minutes.")
    return 200, ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    next_url = _next_url(request)
    if request.user.is_authenticated:
        return redirect(next_url or settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request.POST if request.method == "POST" else None, label_suffix="")
    status = 200
    if form.is_valid():
        status, trouble = send_code(request, form.cleaned_data["email"])
        if not trouble:
            return redirect(with_next("account_confirm_login_code", next_url))
        form.add_error(None, trouble)
    return render(request, "account/sign_in.html", {"form": form, "next_url": next_url}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    next_url = _next_url(request)
    if request.user.is_authenticated:
        return redirect(next_url or settings.LOGIN_REDIRECT_URL)
    pending = journey.resume(request=request)
    if pending is None:
        return _offer_new_code(request, next_url)
    if request.POST.get("action") == "resend":
        return _resend(request, pending, next_url)
    form = CodeForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        try:
            return journey.finish(
                request=request,
                pending=pending,
                code=form.cleaned_data["code"],
                next_url=next_url or resolve_url(settings.LOGIN_REDIRECT_URL),
            )
        except journey.WrongCode:
            form.add_error("code", _("That is not the code in the latest e-mail. Please check it."))
        except journey.TooManyTries:
            messages.error(request, _("The code was wrong too often."))
            return redirect(with_next("account_confirm_login_code", next_url))
    context = {"form": form, "pending": pending, "next_url": next_url}
    return render(request, "account/enter_code.html", context)


def _offer_new_code(request: HttpRequest, next_url: str) -> HttpResponse:
    """No code waits to be entered: it was wrong too often, is too old, or was never asked for in this browser."""
    email = journey.address_asked_for(request=request)
    if not email:
        if request.method == "POST":
            messages.error(request, _("That code has expired or was used. Ask for a new one to go on."))
        return redirect(with_next("account_login", next_url))
    if request.method != "POST":
        context = {"email": readable(email), "next_url": next_url}
        return render(request, "account/new_code.html", context)
    if request.POST.get("action") == "resend":
        _status, trouble = send_code(request, email)
        if trouble:
            messages.error(request, trouble)
    return redirect(with_next("account_confirm_login_code", next_url))


def _resend(request: HttpRequest, pending: journey.PendingSignIn, next_url: str) -> HttpResponse:
    try:
        journey.resend(request=request, pending=pending)
    except TooManyCodes:
        messages.error(request, _("No more codes can be sent for now. Please try again in 15 minutes."))
    except MailNotSent:
        messages.error(
            request, _("The e-mail could not be sent just now. Please try again in a few minutes.")
        )
    else:
        messages.success(request, _("A new code is on its way. Only the newest one works."))
    return redirect(with_next("account_confirm_login_code", next_url))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("home")
