"""Pages of a helper's link: the owner's, who asks and ends it; the helper's, who sees the car's name and no more."""

from datetime import timedelta
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.allowance import TooOften, tells_when_too_often
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.plain_name import plain_name
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.reconnects.helper.asking import (
    HasEnoughHelpers,
    TooManyHelpers,
    ask_helper,
    end_links,
    is_helper_of_use,
)
from onboarding_portal.reconnects.helper.following import (
    HelperStanding,
    UnknownHelperLink,
    find_helper_link,
    follow_helper_link,
    note_opened,
    standing_of,
)
from onboarding_portal.reconnects.link.failed_try import ForeignLink
from onboarding_portal.reconnects.link.make_link import Busy
from onboarding_portal.reconnects.mailed.lasting_link import car_name
from onboarding_portal.reconnects.mailed.secret_pages import secret_page
from onboarding_portal.reconnects.mailed.sign_of_a_person import FIELD, has_sign, leave_sign, sign_for_form
from onboarding_portal.reconnects.models import HelperLink, WrongState, hash_helper_token
from onboarding_portal.reconnects.owner.blocked_way import blocked_way_of
from onboarding_portal.reconnects.owner.coming_back import HELPERS, remember
from onboarding_portal.reconnects.owner.leaving import AlreadyConnected, NotConnectable, Preparing
from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.models import Vehicle


class HelperForm(forms.Form):
    email = AddressField(
        label=_lazy("E-mail address of your helper"),
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _lazy("Enter the e-mail address of whoever is to help.")},
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    vehicle = get_object_or_404(Vehicle.objects.of(user_of(request).pk), pk=vehicle_id)
    if not is_helper_of_use(vehicle):
        return redirect("vehicles:detail", vehicle.pk)
    form, status = HelperForm(request.POST if request.method == "POST" else None, label_suffix=""), 200
    if form.is_valid():
        status, trouble = _ask(request, vehicle, form.cleaned_data["email"])
        if not trouble:
            messages.success(request, _("Your helper gets an e-mail with a link for this car."))
            return redirect("vehicles:detail", vehicle.pk)
        form.add_error(None, trouble)
    status = 400 if form.errors and status == 200 else status
    context = {"form": form, "vehicle": vehicle, "make": make_name(vehicle), "car": car_name(vehicle)}
    return render(request, "reconnects/helper/ask.html", context, status=status)


def _ask(request: HttpRequest, vehicle: Vehicle, email: str) -> tuple[int, str]:
    try:
        ask_helper(request=request, vehicle=vehicle, owner=user_of(request), email=email, now=timezone.now())
    except HasEnoughHelpers:
        return 409, _("You have asked three helpers already. End one of their links first.")
    except TooManyHelpers:
        return 429, _("That is enough e-mails for today. Please try again tomorrow.")
    except MailNotSent:
        return 503, _("The e-mail could not be sent just now. Please check the address, or try again later.")
    return 200, ""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, vehicle_id: str, helper_id: int) -> HttpResponse:
    vehicle = get_object_or_404(Vehicle.objects.of(user_of(request).pk), pk=vehicle_id)
    if request.method == "POST":
        link = get_object_or_404(HelperLink.objects.of_car(vehicle), pk=helper_id)
        end_links(links=[link], owner=user_of(request), now=timezone.now())
        messages.success(request, _("The link has ended."))
    return redirect("vehicles:detail", vehicle.pk)


# Without the check against forged forms, as the lasting link: the token in the address is the right to act.
@csrf_exempt
@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
@tells_when_too_often
def help_by_link(request: HttpRequest, helper_token: str) -> HttpResponse:
    is_post, now = request.method == "POST", timezone.now()
    limit = {"action": "follow_reconnect_link", "key": hash_helper_token(helper_token)}
    if is_post and not ratelimit.consume(request, **limit):
        raise TooOften(comes_back_in=timedelta(minutes=15))  # as the limit says
    try:
        link = find_helper_link(token=helper_token)
    except UnknownHelperLink:
        return render(request, "reconnects/helper/over.html", status=404)
    standing = standing_of(link=link, now=now)
    if standing not in {HelperStanding.READY, HelperStanding.STOPPED} or not is_post:
        if request.method == "GET":
            note_opened(link=link, now=now)
        return _page(request, link, standing)
    if not has_sign(request, token=helper_token):
        context = {"sign_name": FIELD, "sign": sign_for_form(token=helper_token), **_words_for(link)}
        return render(request, "reconnects/helper/again.html", context)
    return _follow(request, link, token=helper_token)


def _page(request: HttpRequest, link: HelperLink, standing: HelperStanding) -> HttpResponse:
    if standing is HelperStanding.OVER:
        return render(request, "reconnects/helper/over.html", status=410)
    if standing in {HelperStanding.DONE, HelperStanding.NO_NEED}:
        return render(
            request, "reconnects/helper/thanks.html", {"has_helped": standing is HelperStanding.DONE}
        )
    context = {**_words_for(link), "until": link.expires_at, "may_have_stopped": link.used_at is not None}
    response = render(request, "reconnects/helper/confirm.html", context)
    leave_sign(response)
    return response


def _words_for(link: HelperLink) -> dict[str, Any]:
    vehicle = link.vehicle
    return {"car": car_name(vehicle), "make": make_name(vehicle), "nickname": plain_name(vehicle.nickname)}


def _follow(request: HttpRequest, link: HelperLink, *, token: str) -> HttpResponse:
    try:
        way = follow_helper_link(link=link, client=get_client(), now=timezone.now())
    except Preparing:
        messages.info(request, _("The way is being prepared. Please press once more in a few seconds."))
        return redirect(request.path)
    except (AlreadyConnected, NotConnectable, WrongState):
        return redirect(request.path)  # it ended in this moment, and the page says so
    except (EvEnergyError, ForeignLink, Busy) as problem:
        outcome = blocked_way_of(problem)
        return render(request, "reconnects/helper/failed.html", {"outcome": outcome}, status=outcome.status)
    response = redirect(way.url)
    remember(response, request=request, reconnect=way.reconnect, token=f"{HELPERS}{token}")
    return response
