"""Staff's page "Why is it not smart-charging?" of one car."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.readiness.models import SEES_ADDRESS, Readiness
from onboarding_portal.readiness.needs import STEPS, Answer, Met, Need
from onboarding_portal.readiness.owner.charge_words import latest_charge
from onboarding_portal.readiness.staff.why import Why, why_not
from onboarding_portal.readiness.staff.words import NEED_TITLES, ON_THE_PHONE, TURN_WORDS
from onboarding_portal.vehicles.models import Vehicle

PERMISSION = "vehicles.view_diagnostics"


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def why(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    cars = Vehicle.objects.present().select_related("owner", "make", "model")
    vehicle = get_object_or_404(cars, pk=vehicle_id)
    readiness, now = Readiness.objects.of(vehicle), timezone.now()
    readiness.vehicle = vehicle
    found = why_not(readiness=readiness, client=get_client(), now=now)
    readiness.vehicle = vehicle
    context = {
        **admin.site.each_context(request),
        "title": vehicle.name,
        "vehicle": vehicle,
        "why": found,
        "lines": [_line(each, found) for each in found.answers],
        "charge": latest_charge(readiness, now=now),
        "home": found.home if user_of(request).has_perm(SEES_ADDRESS) else None,
        "opts": Vehicle._meta,
        "portal_url": settings.PORTAL_URL,
    }
    return render(request, "admin/readiness/why.html", context)


def _line(answer: Answer, why: Why) -> dict[str, object]:
    is_cause = answer.need == why.missing
    return {
        "need": answer.need,
        "title": NEED_TITLES[answer.need],
        "is_met": answer.met is Met.YES,
        "is_missing": answer.met is Met.NO,
        "is_left_out": answer.met is Met.NOT_ASKED,
        "is_cause": is_cause,
        "turn": TURN_WORDS[answer.turn] if is_cause else "",
        "say": ON_THE_PHONE[answer.need] if is_cause else "",
        "act_url": _act_url(answer.need, why.readiness.vehicle) if is_cause else "",
        "is_owners_page": answer.need in STEPS,
    }


def _act_url(need: Need, vehicle: Vehicle) -> str:
    if need in STEPS:
        return reverse(f"readiness:{need.lower()}", args=[vehicle.pk])
    if need is Need.CONNECTION:
        return reverse("admin:vehicles_vehicle_change", args=[vehicle.pk])
    return reverse("admin:vehicles_vehicle_timeline", args=[vehicle.pk])
