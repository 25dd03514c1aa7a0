"""Does this model work where its owner lives? ev.energy is asked when the owner presses the button, not before."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.allowance import count, tells_when_too_often
from onboarding_portal.accounts.countries import country_name, guess_country, named_countries
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.catalogue.models import Model
from onboarding_portal.catalogue.pick import Pick, PickRefused, resolve_pick
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError, Unavailable
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.owner_limits import Press
from onboarding_portal.timing import OWNER_WAITS_SECONDS

MOST_OTHERS = 6


class CountryForm(forms.Form):
    country = forms.ChoiceField(
        label=_("Where do you live?"),
        choices=lambda: [("", _("Choose a country")), *named_countries()],
        error_messages={"required": _("Choose a country")},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )


def form_for(request: HttpRequest) -> CountryForm:
    """Asked once: afterwards the owner's own country stands in it; before, what the browser's languages say."""
    data = request.POST if request.method == "POST" else None
    likely = user_of(request).country or guess_country(request)
    return CountryForm(data, initial={"country": likely}, label_suffix="")


def others_that_work(pick: Pick) -> list[Model]:
    """Models of the same make that can be connected. Takes one query."""
    if pick.make is None:
        return []
    rows = Model.objects.offered().filter(make=pick.make).connectable()
    return list(rows.exclude(pk=pick.model.pk if pick.model else "")[:MOST_OTHERS])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@tells_when_too_often
def country(request: HttpRequest, make_id: str, model_id: str) -> HttpResponse:
    try:
        pick = resolve_pick(make_id=make_id, model_id=model_id)
    except PickRefused as error:
        raise Http404 from error
    form = form_for(request)
    context = {"pick": pick, "form": form}
    if not form.is_valid():
        return render(request, "onboarding/country.html", context, status=400 if form.is_bound else 200)
    owner, chosen = user_of(request), form.cleaned_data["country"]
    count(Press.COUNTRY, owner=owner, now=timezone.now())
    User.objects.filter(pk=owner.pk).update(country=chosen)
    context |= {"country": country_name(chosen), "others": others_that_work(pick)}
    try:
        works = _works(model_id=model_id, country=chosen)
    except EvEnergyError:
        form.add_error(None, _("We could not reach ev.energy. Please try again in a minute."))
        return render(request, "onboarding/country.html", context, status=503)
    return render(request, "onboarding/country_told.html", {**context, "works": works})


def _works(*, model_id: str, country: str) -> bool | None:
    """None where ev.energy does not say."""
    with turns.taken() as is_my_turn, deadline(seconds=OWNER_WAITS_SECONDS):
        if not is_my_turn:
            raise Unavailable("check_compatibility: others are waiting")
        return get_client().check_compatibility(model_id=model_id, country=country).compatible
