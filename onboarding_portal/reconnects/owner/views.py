"""Pages of the second journey: off to sign in again, by the owner's button or by the link in an e-mail."""

from datetime import datetime, timedelta
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.allowance import TooOften, tells_when_too_often
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.reconnects.link.failed_try import ForeignLink
from onboarding_portal.reconnects.link.make_link import Busy
from onboarding_portal.reconnects.mailed.lasting_link import (
    Standing,
    UnknownLink,
    car_name,
    find_link,
    standing_of,
)
from onboarding_portal.reconnects.mailed.secret_pages import secret_page
from onboarding_portal.reconnects.mailed.sign_of_a_person import (
    FIELD,
    has_sign,
    leave_sign,
    sign_for_form,
)
from onboarding_portal.reconnects.models import Failure, LastingLink, Reconnect, WrongState, hash_token
from onboarding_portal.reconnects.owner.blocked_way import Blocked, blocked_way_of
from onboarding_portal.reconnects.owner.coming_back import (
    came_back_with,
    departure_of,
    record_return,
    remember,
)
from onboarding_portal.reconnects.owner.leaving import (
    AlreadyConnected,
    NotConnectable,
    Preparing,
    WayOut,
    follow,
    start_reconnect,
)
from onboarding_portal.reconnects.owner.progress import progress
from onboarding_portal.vehicles.advice import make_name, words_for, words_in_outage
from onboarding_portal.vehicles.models import MakeOutage, Vehicle
from onboarding_portal.vehicles.tasks import refresh_soon


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@tells_when_too_often
def leave_by_button(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    owner = user_of(request)
    vehicle = get_object_or_404(Vehicle.objects.of(owner.pk), pk=vehicle_id)
    if request.method != "POST":
        # Whoever had to sign in on the way here comes back with a GET: the button is on the vehicle's page.
        return redirect("vehicles:detail", vehicle.pk)
    try:
        way = start_reconnect(vehicle=vehicle, owner=owner, client=get_client(), now=timezone.now())
    except (AlreadyConnected, Preparing) as reason:
        # The car's page shows that the way is being prepared, and the button once it is ready.
        if isinstance(reason, AlreadyConnected):
            messages.info(request, _("Your car is connected. There is nothing to do."))
        return redirect("vehicles:detail", vehicle.pk)
    except NotConnectable:
        return render(request, "reconnects/not_connectable.html", {"vehicle": vehicle}, status=409)
    except WrongState:
        messages.info(request, _("Something changed while you clicked. This is how it stands now."))
        return redirect("vehicles:detail", vehicle.pk)
    except (EvEnergyError, ForeignLink, Busy) as problem:
        return _failed(request, problem, vehicle=vehicle, is_owner=True)
    return _leave(request, way)


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """Where ev.energy sends owners after a reconnect, signed in or not: on to the page that tells how it goes on."""
    departure, outcome, page = departure_of(request), came_back_with(request.GET), ""
    rows = Reconnect.objects.none()
    if departure is not None:
        rows, page = Reconnect.objects.filter(pk=departure.reconnect_id), departure.page
    elif vehicle := _named_vehicle(request):
        rows, page = Reconnect.objects.filter(vehicle=vehicle), reverse("vehicles:detail", args=[vehicle.pk])
    if request.method == "GET":
        record_return(rows=rows, came_back_with=outcome, now=timezone.now())
    if page:
        return redirect(page)
    return render(request, "reconnects/returned.html", {"outcome": outcome})


def _named_vehicle(request: HttpRequest) -> Vehicle | None:
    """For owners who left from another browser: whoever is signed in may speak for their own cars."""
    if not request.user.is_authenticated:
        return None
    named = request.GET.getlist("vehicle_uid")[:1]
    return Vehicle.objects.of(user_of(request).pk).filter(pk__in=filter(is_vehicle_id, named)).first()


# Without the check against forged forms: the token in the address is the right to act, not a cookie, and an owner
# whose mail program keeps no cookies must get through. Its check of the Origin would also refuse every form on
# this page, because under "no-referrer" browsers send the Origin "null".
@csrf_exempt
@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
@tells_when_too_often
def leave_by_link(request: HttpRequest, token: str) -> HttpResponse:
    is_post = request.method == "POST"
    if is_post and not ratelimit.consume(request, action="follow_reconnect_link", key=hash_token(token)):
        raise TooOften(comes_back_in=timedelta(minutes=15))  # as the limit says
    try:
        link = find_link(token=token)
    except UnknownLink:
        return render(request, "reconnects/lasting_unknown.html", status=404)
    now = timezone.now()
    standing = standing_of(link=link, now=now)
    if standing is not Standing.READY or not is_post:
        return _lasting_page(request, link, standing, now=now)
    if not has_sign(request, token=token):
        context = {"sign_name": FIELD, "sign": sign_for_form(token=token), **_words_for(link)}
        return render(request, "reconnects/lasting_again.html", context)
    return _follow(request, link, token=token, now=now)


def _lasting_page(
    request: HttpRequest, link: LastingLink, standing: Standing, *, now: datetime
) -> HttpResponse:
    reconnect = link.reconnect
    context = {
        **_words_for(link),
        "until": reconnect.lasting_until,
        "reconnect": reconnect,
        "progress": progress(reconnect=reconnect, vehicle=reconnect.vehicle, now=now),
    }
    if standing is Standing.CONNECTED:
        return render(request, "reconnects/lasting_connected.html", context)
    if standing is Standing.OVER:
        return render(request, "reconnects/lasting_over.html", context, status=410)
    response = render(request, "reconnects/lasting.html", context)
    leave_sign(response)
    return response


def _words_for(link: LastingLink) -> dict[str, Any]:
    vehicle = link.reconnect.vehicle
    marks = MakeOutage.objects.of(make_id=vehicle.make_id, controller=vehicle.controller)
    words = words_in_outage(vehicle) if marks.exists() else words_for(vehicle)
    return {"car": car_name(vehicle), "make": make_name(vehicle), "words": words}


def _follow(request: HttpRequest, link: LastingLink, *, token: str, now: datetime) -> HttpResponse:
    try:
        way = follow(link=link, client=get_client(), now=now)
    except (WrongState, Preparing):
        return redirect(request.path)  # it ended in this moment, or takes a while, and the page says so
    except (EvEnergyError, ForeignLink, Busy) as problem:
        return _failed(request, problem, vehicle=link.reconnect.vehicle, is_owner=False)
    return _leave(request, way, token=token)


def _leave(request: HttpRequest, way: WayOut, *, token: str = "") -> HttpResponse:
    response = redirect(way.url)
    remember(response, request=request, reconnect=way.reconnect, token=token)
    return response


def _failed(request: HttpRequest, problem: Blocked, *, vehicle: Vehicle, is_owner: bool) -> HttpResponse:
    """Whoever came by a link may not be signed in, and is not shown the way to the car's page."""
    outcome = blocked_way_of(problem)
    if outcome.kind in {Failure.CONFLICT, Failure.NOT_FOUND}:
        # Perhaps the car is connected, or gone, and its owner's page does not know it yet.
        refresh_soon(vehicle=vehicle, now=timezone.now())
    context = {"outcome": outcome, "vehicle": vehicle if is_owner else None}
    return render(request, "reconnects/failed.html", context, status=outcome.status)
