"""The owner's pages: all of their cars, and one of them. Another owner's car is as unknown as one that never was."""

from collections.abc import Iterable
from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.vehicles.cards import CardPage, card_page
from onboarding_portal.vehicles.first_look import look_for_cars
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.tasks import refresh_soon

ATTENTION_FIRST = F("stale_since").desc(nulls_last=True)
REFRESH_SECONDS = 10  # of a page that waits for the cars ev.energy may have


@require_safe
@login_required
@never_cache
def vehicle_list(request: HttpRequest) -> HttpResponse:
    """All of an owner's cars; whoever comes back from a reconnect with the id of one sees that one."""
    owner = user_of(request)
    if owner.cars_due_at:
        look_for_cars(owner=owner, client=get_client(), now=timezone.now())
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
    owner = user_of(request)
    vehicle = get_object_or_404(Vehicle.objects.of(owner.pk), pk=vehicle_id)
    page = _page([vehicle])
    return render(request, "vehicles/detail.html", {"page": page, "card": page.cards[0]})


def _page(vehicles: Iterable[Vehicle]) -> CardPage:
    now = timezone.now()
    page = card_page(vehicles=vehicles, now=now)
    refresh_soon(vehicle=page.worth_reading, now=now)
    return page
