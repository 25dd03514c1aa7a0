"""Staff's pages of a vehicle's logs, behind the permission `vehicles.view_diagnostics`.

The answer is 200 whenever the portal's part of the page is whole, even if ev.energy's is missing: the page says so
and still shows what the portal knows. Only an entry ev.energy does not have is a 404, as its address names nothing.
"""

from datetime import datetime, tzinfo
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.viewer_zone import choose_zone, zone_names
from onboarding_portal.diagnostics.addresses import list_url, timeline_url
from onboarding_portal.diagnostics.chart import chart_of
from onboarding_portal.diagnostics.events import events_of, folded, sample_events
from onboarding_portal.diagnostics.log_kinds import Kind
from onboarding_portal.diagnostics.log_pages import WrongCursor, cursors_of, entry_page, list_page
from onboarding_portal.diagnostics.on_the_phone import phone_for
from onboarding_portal.diagnostics.portal_events import latest_breaks, portal_events
from onboarding_portal.diagnostics.reader_time import ZoneForm, period_form, reader_zone
from onboarding_portal.diagnostics.timeline import (
    LONGEST,
    broke_at,
    day_around,
    read_timeline,
    whole_period,
)
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.vehicles.advice import advice_for
from onboarding_portal.vehicles.models import Vehicle

NEWEST_RECONNECTS = 5


@require_safe
def log_list(request: HttpRequest, vehicle_id: str, kind: Kind) -> HttpResponse:
    vehicle = _vehicle_or_404(vehicle_id)
    now, zone = timezone.now(), reader_zone(request)
    form = period_form(request.GET, zone=zone)
    cursors, is_cursor_wrong = _cursors(request)
    page = list_page(
        client=get_client(),
        vehicle_id=vehicle.pk,
        kind=kind,
        period=form.period,
        cursors=cursors,
        zone=zone,
        now=now,
    )
    context = {
        "page": page,
        "kind": kind,
        "form": form,
        "shown": form.period.as_query(zone=zone),
        "is_filtered": form.period.since or form.period.until,
        "is_cursor_wrong": is_cursor_wrong,
        "newest_url": list_url(vehicle_id=vehicle.pk, kind=kind, **form.period.as_query(zone=zone)),
        "is_newest": not cursors,
        "all_url": list_url(vehicle_id=vehicle.pk, kind=kind),
        "title": kind.label,
    }
    return _answer(request, "list", vehicle=vehicle, zone=zone, context=context)


@require_safe
def log_entry(request: HttpRequest, vehicle_id: str, kind: Kind, at: Any) -> HttpResponse:
    vehicle = _vehicle_or_404(vehicle_id)
    page = entry_page(client=get_client(), vehicle_id=vehicle.pk, kind=kind, at=at, now=timezone.now())
    context = {
        "page": page,
        "kind": kind,
        "at": at,
        "list_url": list_url(vehicle_id=vehicle.pk, kind=kind),
        "title": kind.one,
    }
    status = 404 if page.is_missing else 200
    return _answer(
        request, "entry", vehicle=vehicle, zone=reader_zone(request), context=context, status=status
    )


@require_safe
def timeline(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    vehicle = _vehicle_or_404(vehicle_id)
    now, zone = timezone.now(), reader_zone(request)
    form = period_form(request.GET, zone=zone, longest=LONGEST)
    period = whole_period(form.period, now=now, broke_at=broke_at(vehicle))
    line = read_timeline(client=get_client(), vehicle=vehicle, period=period, now=now)
    may_see_reconnects = user_of(request).has_perm("reconnects.view_reconnect")
    events = events_of(line, vehicle_id=vehicle.pk, links_reconnects=may_see_reconnects)
    known = portal_events(vehicle, since=period.since, until=period.until)
    events = sorted([*events, *known], key=lambda event: event.at)
    facts = sorted([*events, *sample_events(line.samples)], key=lambda event: event.at, reverse=True)
    context = {
        "timeline": line,
        "chart": chart_of(line, events=events, vehicle_id=vehicle.pk, zone=zone),
        "facts": folded(facts),
        "is_empty": line.is_empty and not known,
        "breaks": _breaks(vehicle, zone=zone, now=now),
        "today_url": timeline_url(vehicle_id=vehicle.pk, **day_around(now, now=now).as_query(zone=zone)),
        "form": form,
        "shown": period.as_query(zone=zone),
        "title": _("Time line"),
    }
    return _answer(request, "timeline", vehicle=vehicle, zone=zone, context=context)


def _breaks(vehicle: Vehicle, *, zone: tzinfo, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "at": at,
            "why": why,
            "url": timeline_url(vehicle_id=vehicle.pk, **day_around(at, now=now).as_query(zone=zone)),
        }
        for at, why in latest_breaks(vehicle)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def zone_chosen(request: HttpRequest) -> HttpResponse:
    # In the address, because whoever has to sign in on the way here comes back with a GET.
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    response = redirect(target if is_ours and target.startswith("/") else reverse("admin:index"))
    if request.method != "POST":
        return response
    form = ZoneForm(request.POST)
    if form.is_valid():
        choose_zone(response, zone=form.cleaned_data["zone"], user=user_of(request))
    return response


def _vehicle_or_404(vehicle_id: str) -> Vehicle:
    return get_object_or_404(Vehicle.objects.select_related("owner", "make", "model", "trim"), pk=vehicle_id)


def _cursors(request: HttpRequest) -> tuple[dict[str, str], bool]:
    try:
        return cursors_of(request.GET), False
    except WrongCursor:
        return {}, True


def _answer(
    request: HttpRequest,
    name: str,
    *,
    vehicle: Vehicle,
    zone: tzinfo,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    zone_name = str(zone)
    shared = {
        **admin.site.each_context(request),
        "opts": Vehicle._meta,
        "vehicle": vehicle,
        "phone": phone_for(vehicle, request),
        "advice": advice_for(vehicle) if vehicle.is_stale else None,
        "reconnects": vehicle.reconnects.defer("url").order_by("-created_at")[:NEWEST_RECONNECTS],
        "tabs": _tabs(vehicle.pk, current=request.path),
        "zone": zone,
        "zone_name": zone_name,
        "zone_names": zone_names(),
        "here": request.get_full_path(),
        "is_nav_sidebar_enabled": False,
    }
    return render(request, f"admin/diagnostics/{name}.html", {**shared, **context}, status=status)


def _tabs(vehicle_id: str, *, current: str) -> list[dict[str, Any]]:
    tabs = [(timeline_url(vehicle_id=vehicle_id), _("Time line"))]
    tabs += [(list_url(vehicle_id=vehicle_id, kind=kind), str(kind.label)) for kind in Kind]
    return [{"url": url, "label": label, "is_current": current.startswith(url)} for url, label in tabs]
