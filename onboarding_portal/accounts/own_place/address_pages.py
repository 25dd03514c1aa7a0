"""The two pages on which an owner changes their e-mail address."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.known_browser import forget_browser, remember_browser
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.new_address import (
    AddressTaken,
    ChangedMeanwhile,
    announce_own_change,
    change_address,
)
from onboarding_portal.accounts.own_place import other_address
from onboarding_portal.accounts.own_place.forms import NewAddressForm, TwoCodesForm
from onboarding_portal.accounts.requests import owners_own, user_of
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes
from onboarding_portal.accounts.your_data.fresh_code import NoCode
from onboarding_portal.addresses import readable
from onboarding_portal.ev_energy.client import get_client


@owners_own
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    owner, status = user_of(request), 200
    form = NewAddressForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid() and form.cleaned_data["email"] == owner.email:
        form.add_error("email", _("This is the address you have."))
    elif form.is_valid():
        status, trouble = _begin(request, form.cleaned_data["email"])
        if not trouble:
            return redirect("account_address_codes")
        form.add_error(None, trouble)
    context = {"form": form, "email": readable(owner.email)}
    status = 400 if form.errors and status == 200 else status
    return render(request, "accounts/own_place/address.html", context, status=status)


def _begin(request: HttpRequest, email: str) -> tuple[int, str]:
    try:
        other_address.begin(request=request, owner=user_of(request), email=email)
    except TooManyCodes:
        return 429, _("Too many codes were asked for. Please try again in an hour.")
    except MailNotSent:
        return 503, _("The e-mails could not be sent just now. Please check the address, or try again later.")
    return 200, ""


@owners_own
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    owner, waiting = user_of(request), other_address.pending(request)
    if waiting is None or waiting.seen != owner.email:
        other_address.forget(request)
        return redirect("account_address")
    form = TwoCodesForm.of(waiting, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            other_address.prove(
                request=request,
                owner=owner,
                old_code=form.cleaned_data["old_code"],
                new_code=form.cleaned_data["new_code"],
            )
        except other_address.WrongCodes as wrong:
            form.add_wrong(wrong)
        except NoCode:
            messages.error(request, _("A code was wrong too often. Ask for new ones to go on."))
            return redirect("account_address")
        else:
            return _change(request, waiting)
    context = {"form": form, "old": readable(waiting.seen), "new": readable(waiting.email)}
    return render(
        request, "accounts/own_place/address_codes.html", context, status=400 if form.errors else 200
    )


def _change(request: HttpRequest, proven: other_address.Pending) -> HttpResponse:
    owner, response = user_of(request), redirect("account")
    try:
        old = change_address(owner=owner, seen=proven.seen, to=proven.email, by=owner, now=timezone.now())
    except (AddressTaken, ChangedMeanwhile):
        messages.error(request, _("Something changed meanwhile, and your address stays as it was."))
        return response
    update_session_auth_hash(request, owner)  # this browser stays signed in, all others do not
    forget_browser(request, response, email=old)
    remember_browser(request, response, email=owner.email)
    announce_own_change(owner=owner, old=old, client=get_client())
    messages.success(request, _("Your address is changed. We have told both mailboxes."))
    return response
