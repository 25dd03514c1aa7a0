"""An owner disconnects a car, or removes it: each page says first what it means for charging."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.vehicles.leaving import ASKED_FROM
from onboarding_portal.vehicles.letting_go import ask, try_while_owner_waits
from onboarding_portal.vehicles.models import Integration, Leaving, Vehicle
from onboarding_portal.vehicles.tasks import enqueue_due_work
from onboarding_portal.vehicles.telling_apart import told_apart


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    vehicle = get_object_or_404(Vehicle.objects.of(user_of(request).pk), pk=vehicle_id)
    is_possible = vehicle.leaving in ASKED_FROM[Leaving.DISCONNECTING]
    if not is_possible or vehicle.integration == Integration.UNINTEGRATED:
        return redirect("vehicles:detail", vehicle.pk)
    if request.method != "POST":
        return render(request, "vehicles/car_page/disconnect.html", _context(vehicle))
    _let_go(request, vehicle, Leaving.DISCONNECTING)
    return redirect("vehicles:detail", vehicle.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    vehicle = get_object_or_404(Vehicle.objects.filter(owner=user_of(request)), pk=vehicle_id)
    if vehicle.removed_at is not None:  # in another tab, or by the first half of a double click
        return redirect("vehicles:list")
    if vehicle.leaving not in ASKED_FROM[Leaving.REMOVING]:
        return redirect("vehicles:detail", vehicle.pk)
    if request.method != "POST":
        return render(request, "vehicles/car_page/remove.html", _context(vehicle))
    _let_go(request, vehicle, Leaving.REMOVING)
    if vehicle.removed_at is None:
        return redirect("vehicles:detail", vehicle.pk)
    messages.success(request, _("The car is removed."))
    return redirect("vehicles:list")


def _context(vehicle: Vehicle) -> dict[str, Any]:
    """Which of the owner's cars it is, where two have the same name."""
    others = Vehicle.objects.of(vehicle.owner_id)
    return {"vehicle": vehicle, "told_apart_by": told_apart(others).get(vehicle.pk, "")}


def _let_go(request: HttpRequest, vehicle: Vehicle, wish: Leaving) -> None:
    owner, now = user_of(request), timezone.now()
    if ask(vehicle=vehicle, wish=wish, owner=owner, now=now):
        try_while_owner_waits(vehicle=vehicle, owner=owner, client=get_client(), now=now)
        enqueue_due_work()
