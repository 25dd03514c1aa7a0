"""The short way on after connecting: one question a page, and each can be left out.

Nothing typed is ever lost: where ev.energy refuses it, is slow or down, the page comes back with all that was there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.ev_energy.errors import Invalid
from onboarding_portal.ev_energy.ids import is_supplier_id, is_tariff_id
from onboarding_portal.owner_limits import LIMITS, Press
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import Need
from onboarding_portal.readiness.owner.address_form import AddressForm, CountryForm, typed_before
from onboarding_portal.readiness.owner.asking import NotGranted, NotNow
from onboarding_portal.readiness.owner.countries import codes, likely_country
from onboarding_portal.readiness.owner.steps import (
    home_of,
    is_asked,
    look,
    save_address,
    save_switch,
    save_tariff,
    way_of,
)
from onboarding_portal.readiness.owner.tariffs import MOST_SHOWN, matching, suppliers, tariffs
from onboarding_portal.readiness.scopes import steps_on, steps_wanted
from onboarding_portal.vehicles.models import Vehicle

View = Callable[..., HttpResponse]


def of_own_car(step: Need | None = None) -> Callable[[View], View]:
    """For a page about one of the owner's cars; of a step that is off there is no page, and it leads on."""

    def decorate(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"]) if step else require_safe
        @login_required
        @never_cache
        @wraps(view)
        def wrapped(request: HttpRequest, vehicle_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
            own = Vehicle.objects.of(user_of(request).pk).select_related("owner", "readiness")
            vehicle = get_object_or_404(own, pk=vehicle_id)
            asked = steps_on() if is_asked(vehicle) else []
            if not asked:
                return redirect("vehicles:detail", vehicle.pk)
            readiness = Readiness.objects.of(vehicle)
            readiness.vehicle = vehicle
            if step and step not in asked:
                return _on(readiness, step)
            try:
                return view(request, readiness, *args, **kwargs)
            except NotGranted:
                return _on(readiness, step) if step else redirect("vehicles:detail", vehicle.pk)

        return wrapped

    return decorate


@of_own_car()
def ready(request: HttpRequest, readiness: Readiness) -> HttpResponse:
    """Leads to the next question, or says that all is ready, or what was left out."""
    now = timezone.now()
    after = request.GET.get("after", "")
    if not after:
        look(owner=user_of(request), readiness=readiness, now=now)
    way = way_of(readiness, wanted=steps_wanted(), now=now)
    if not way.asked:
        return redirect("vehicles:detail", readiness.pk)
    step = way.step_after(after)
    if step:
        return redirect(f"readiness:{step.lower()}", readiness.pk)
    return render(request, "readiness/ready.html", {"way": way, "vehicle": way.vehicle})


@of_own_car(Need.ADDRESS)
def address(request: HttpRequest, readiness: Readiness) -> HttpResponse:
    if request.method == "POST":
        return _take_address(request, readiness)
    initial = {}
    if readiness.has_address:
        try:
            home = home_of(user_of(request))
            initial = typed_before(home) if home else {}
        except NotNow:
            messages.warning(request, _("We cannot read the address ev.energy has just now."))
    asked = request.GET.get("country", "").upper()
    country = initial.get("country_code") or likely_country(
        chosen=user_of(request).country, accept_language=request.headers.get("Accept-Language", "")
    )
    if asked in codes():
        country = asked
    form = (
        AddressForm(country=country, initial=initial) if country in codes() else CountryForm(label_suffix="")
    )
    return _page(request, "readiness/address.html", readiness, form=form)


def _take_address(request: HttpRequest, readiness: Readiness) -> HttpResponse:
    country = request.POST.get("country_code", "")
    if country not in codes():
        form: CountryForm = CountryForm(request.POST, label_suffix="")
        form.is_valid()
        return _page(request, "readiness/address.html", readiness, status=400, form=form)
    if "change_country" in request.POST:
        typed = {name: request.POST.get(name, "") for name in request.POST}
        form = AddressForm(country=country, initial=typed)
        return _page(request, "readiness/address.html", readiness, form=form)
    form = AddressForm(request.POST, country=country)
    if not form.is_valid():
        return _page(request, "readiness/address.html", readiness, status=400, form=form)
    owner, now = user_of(request), timezone.now()
    try:
        save_address(owner=owner, readiness=readiness, address=form.address, now=now)
    except Invalid as refusal:
        form.refuse(refusal.field_errors)
        return _page(request, "readiness/address.html", readiness, status=400, form=form)
    except NotNow as refusal:
        return _page(request, "readiness/address.html", readiness, form=form, refusal=refusal)
    return _on(readiness, Need.ADDRESS)


@of_own_car(Need.TARIFF)
def tariff(request: HttpRequest, readiness: Readiness) -> HttpResponse:
    """Which supplier, found by a search."""
    if request.method == "POST":
        return redirect("readiness:tariff", readiness.pk)
    query = request.GET.get("q", "")[:100]
    try:
        found = suppliers(owner=user_of(request))
    except Invalid:
        found = []
    except NotNow as refusal:
        return _page(request, "readiness/suppliers.html", readiness, refusal=refusal, query=query)
    hits = matching(found, query=query)
    context: dict[str, Any] = {
        "choices": hits[:MOST_SHOWN],
        "left_out": len(hits) - MOST_SHOWN,
        "query": query,
    }
    return _page(request, "readiness/suppliers.html", readiness, has_search=len(found) > 8, **context)


@of_own_car(Need.TARIFF)
def tariff_of(request: HttpRequest, readiness: Readiness, supplier_id: str) -> HttpResponse:
    """Which of a supplier's tariffs."""
    if not is_supplier_id(supplier_id):
        raise Http404
    owner, chosen = user_of(request), request.POST.get("tariff", "")
    context: dict[str, Any] = {"chosen": chosen, "supplier_id": supplier_id, "choices": []}
    try:
        context["choices"] = tariffs(owner=owner, supplier_id=supplier_id)
        if request.method != "POST":
            return _page(request, "readiness/tariffs.html", readiness, **context)
        if not is_tariff_id(chosen) or chosen not in {each.choice_id for each in context["choices"]}:
            return _page(request, "readiness/tariffs.html", readiness, status=400, is_missing=True, **context)
        save_tariff(owner=owner, readiness=readiness, tariff_id=chosen, now=timezone.now())
    except Invalid:
        return _page(request, "readiness/tariffs.html", readiness, status=400, is_refused=True, **context)
    except NotNow as refusal:
        return _page(request, "readiness/tariffs.html", readiness, refusal=refusal, **context)
    return _on(readiness, Need.TARIFF)


@of_own_car(Need.SWITCH)
def switch(request: HttpRequest, readiness: Readiness) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "readiness/switch.html", readiness)
    owner, now = user_of(request), timezone.now()
    try:
        is_on = request.POST.get("smart_charging") != "off"
        save_switch(owner=owner, readiness=readiness, is_on=is_on, now=now)
    except Invalid:
        return _page(request, "readiness/switch.html", readiness, status=400, is_refused=True)
    except NotNow as refusal:
        return _page(request, "readiness/switch.html", readiness, refusal=refusal)
    return _on(readiness, Need.SWITCH)


def _on(readiness: Readiness, step: Need) -> HttpResponse:
    return redirect(f"{reverse('readiness:ready', args=[readiness.pk])}?after={step}")


def _page(
    request: HttpRequest,
    template: str,
    readiness: Readiness,
    *,
    status: int = 200,
    refusal: NotNow | None = None,
    **context: Any,
) -> HttpResponse:
    asked = steps_on()
    if refusal:
        status = refusal.status
        context |= {"is_down": status == 503, "is_too_often": status == 429}
    step = {"address": Need.ADDRESS, "switch": Need.SWITCH}.get(template[10:-5], Need.TARIFF)
    everything = {
        "vehicle": readiness.vehicle,
        "readiness": readiness,
        "step": step,
        "number": asked.index(step) + 1 if step in asked else 1,
        "count": len(asked),
        **context,
    }
    response = render(request, template, everything, status=status)
    if status == 429:
        response["Retry-After"] = str(int(LIMITS[Press.SMART_CHARGING].comes_back_in.total_seconds()))
    return response
