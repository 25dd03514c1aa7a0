"""The owner's pages: all of their cars, and one of them. Another owner's car is as unknown as one that never was."""

from collections.abc import Iterable
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.looking_again import is_another_look
from onboarding_portal.vehicles.car_page import panels
from onboarding_portal.vehicles.car_page.history import history_page
from onboarding_portal.vehicles.cards import CardPage, card_page
from onboarding_portal.vehicles.first_look import look_while_owner_waits
from onboarding_portal.vehicles.forms import NicknameForm
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.tasks import refresh_soon

ATTENTION_FIRST = F("stale_since").desc(nulls_last=True)
REFRESH_SECONDS = 5  # of a page that waits for the cars ev.energy may have

EVENTS_ON_CAR_PAGE = 5


@require_safe
@login_required
@never_cache
def vehicle_list(request: HttpRequest) -> HttpResponse:
    """All of an owner's cars; whoever comes back from a reconnect with the id of one sees that one."""
    owner = user_of(request)
    if owner.cars_due_at and not is_another_look(request):
        look_while_owner_waits(owner=owner, client=get_client(), now=timezone.now())
    vehicles = Vehicle.objects.of(owner.pk)
    came_back_with = request.GET.get("vehicle_uid", "")
    if is_vehicle_id(came_back_with) and vehicles.filter(pk=came_back_with).exists():
        return redirect("vehicles:detail", came_back_with)
    page = _page(vehicles.order_by(ATTENTION_FIRST, "vehicle_id"))
    is_looking = owner.cars_due_at is not None and not page.cards
    if is_looking:
        page = replace(page, refresh_seconds=REFRESH_SECONDS)
    return render(request, "vehicles/list.html", {"page": page, "is_looking": is_looking})


@require_safe
@login_required
@never_cache
def vehicle_detail(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    return _car_page(request, vehicle_id)


def _car_page(request: HttpRequest, vehicle_id: str, *, refused: NicknameForm | None = None) -> HttpResponse:
    # All of them, because what this one is called depends on what the others are.
    vehicles = list(Vehicle.objects.of(user_of(request).pk))
    shown = [vehicle for vehicle in vehicles if vehicle.pk == vehicle_id]
    if not shown:
        raise Http404
    page = _page(shown, among=vehicles)
    card = page.cards[0]
    shown_panels = panels.rendered(request, card)
    context = {
        "page": page,
        "card": card,
        "nickname_form": refused or NicknameForm(initial={"nickname": card.vehicle.nickname}),
        "panels": shown_panels,
        "history": history_page(vehicle=card.vehicle, before=timezone.now(), size=EVENTS_ON_CAR_PAGE),
    }
    return render(request, "vehicles/detail.html", context, status=400 if refused else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name_vehicle(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    """The owner gives the car a name of its own, or takes it away."""
    vehicle = get_object_or_404(Vehicle.objects.of(user_of(request).pk), pk=vehicle_id)
    if request.method != "POST":
        # Whoever had to sign in on the way here comes back with a GET: the form is on the vehicle's page.
        return redirect("vehicles:detail", vehicle.pk)
    form = NicknameForm(request.POST)
    if not form.is_valid():
        return _car_page(request, vehicle.pk, refused=form)
    vehicle.write_nickname(form.cleaned_data["nickname"])
    return redirect("vehicles:detail", vehicle.pk)


def _page(vehicles: Iterable[Vehicle], *, among: Iterable[Vehicle] | None = None) -> CardPage:
    now = timezone.now()
    page = card_page(vehicles=vehicles, now=now, among=among)
    refresh_soon(vehicle=page.worth_reading, now=now)
    return page
