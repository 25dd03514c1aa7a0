"""Pages of the second journey: off to sign in again, by the owner's button or by the link in an e-mail."""

from datetime import datetime

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.reconnects.failures import ForeignLink
from onboarding_portal.reconnects.lasting import Standing, UnknownLink, find_link, standing_of
from onboarding_portal.reconnects.link import Busy
from onboarding_portal.reconnects.models import LastingLink, WrongState
from onboarding_portal.reconnects.names import car_name
from onboarding_portal.reconnects.needs import AlreadyConnected, NotConnectable
from onboarding_portal.reconnects.outcome import Blocked, outcome_of
from onboarding_portal.reconnects.querysets import hash_token
from onboarding_portal.reconnects.secret_pages import secret_page
from onboarding_portal.reconnects.start import follow, start_reconnect
from onboarding_portal.reconnects.unsubscribe import UnknownToken, owner_of_token, stop_reminders
from onboarding_portal.vehicles.advice import make_name
from onboarding_portal.vehicles.models import Vehicle


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    owner = user_of(request)
    vehicle = get_object_or_404(Vehicle.objects.of(owner.pk), pk=vehicle_id)
    if request.method != "POST":
        # Whoever had to sign in on the way here comes back with a GET: the button is on the vehicle's page.
        return redirect("vehicles:detail", vehicle.pk)
    try:
        return redirect(
            start_reconnect(vehicle=vehicle, owner=owner, client=get_client(), now=timezone.now())
        )
    except AlreadyConnected:
        messages.info(request, _("Your car is connected. There is nothing to do."))
        return redirect("vehicles:detail", vehicle.pk)
    except NotConnectable:
        return render(request, "reconnects/not_connectable.html", {"vehicle": vehicle}, status=409)
    except (EvEnergyError, ForeignLink, Busy, WrongState) as problem:
        return _failed(request, problem, vehicle=vehicle)


# Without the check against forged forms: the token in the address is the right to act, not a cookie, and an owner
# whose mail program keeps no cookies must get through. Its check of the Origin would also refuse every form on
# this page, because under "no-referrer" browsers send the Origin "null".
@csrf_exempt
@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def lasting(request: HttpRequest, token: str) -> HttpResponse:
    is_post = request.method == "POST"
    if is_post and not ratelimit.consume(request, action="follow_reconnect_link", key=hash_token(token)):
        return render(request, "errors/429.html", status=429)
    now = timezone.now()
    try:
        link = find_link(token=token)
    except UnknownLink:
        return render(request, "reconnects/lasting_unknown.html", status=404)
    vehicle = link.reconnect.vehicle
    until = link.reconnect.lasting_until
    context = {"car": car_name(vehicle), "make": make_name(vehicle), "until": until}
    match standing_of(link=link, now=now):
        case Standing.CONNECTED:
            return render(request, "reconnects/lasting_connected.html", context)
        case Standing.OVER:
            return render(request, "reconnects/lasting_over.html", context, status=410)
        case Standing.READY if not is_post:
            return render(request, "reconnects/lasting.html", context)
    return _follow(request, link, now=now)


# Mail programs send the one POST of RFC 8058 by themselves, without a session: the token is the right.
@csrf_exempt
@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        owner = owner_of_token(token=token)
    except UnknownToken:
        return render(request, "reconnects/unsubscribe_unknown.html", status=404)
    if request.method != "POST":
        return render(request, "reconnects/unsubscribe.html", {"is_wanted": owner.wants_reminders})
    stop_reminders(owner=owner)
    return render(request, "reconnects/unsubscribed.html")


def _follow(request: HttpRequest, link: LastingLink, *, now: datetime) -> HttpResponse:
    try:
        return redirect(follow(link=link, client=get_client(), now=now))
    except (EvEnergyError, ForeignLink, Busy, WrongState) as problem:
        return _failed(request, problem)


def _failed(request: HttpRequest, problem: Blocked, *, vehicle: Vehicle | None = None) -> HttpResponse:
    """The page without `vehicle` is for whoever came by a link and may not be signed in."""
    outcome = outcome_of(problem)
    context = {"outcome": outcome, "vehicle": vehicle}
    return render(request, "reconnects/failed.html", context, status=outcome.status)
