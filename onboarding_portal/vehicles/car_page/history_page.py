"""The whole history of a car, a page at a time."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.vehicles.car_page.history import history_page
from onboarding_portal.vehicles.models import Vehicle

ON_A_PAGE = 20


@require_safe
@login_required
@never_cache
def history(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    vehicle = get_object_or_404(Vehicle.objects.of(user_of(request).pk), pk=vehicle_id)
    page = history_page(vehicle=vehicle, before=_before(request), size=ON_A_PAGE)
    context = {"vehicle": vehicle, "page": page, "is_newest": "before" not in request.GET}
    return render(request, "vehicles/car_page/history.html", context)


def _before(request: HttpRequest) -> datetime:
    """As the link to older ones says; what is no moment shows the newest."""
    try:
        moment = parse_datetime(request.GET.get("before", ""))
    except ValueError:
        moment = None
    return moment if moment is not None and timezone.is_aware(moment) else timezone.now()
